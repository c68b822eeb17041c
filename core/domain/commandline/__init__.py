"""The command line: one declaration per verb gives its parser, completion, echo, help and manual row."""

from core.domain.commandline.actions import (
    AcknowledgeFirst,
    Action,
    Help,
    JoinServer,
    LineError,
    OpenIntake,
    OpenReport,
    Parsed,
    PollUnit,
    Select,
    SendText,
    ShowConflicts,
    ShowRoute,
)
from core.domain.commandline.completion import complete
from core.domain.commandline.echo import echo_of
from core.domain.commandline.parser import parse
from core.domain.commandline.verbs import VERBS
from core.domain.commandline.words import Slot, Verb

__all__ = [
    "VERBS",
    "AcknowledgeFirst",
    "Action",
    "Help",
    "JoinServer",
    "LineError",
    "OpenIntake",
    "OpenReport",
    "Parsed",
    "PollUnit",
    "Select",
    "SendText",
    "ShowConflicts",
    "ShowRoute",
    "Slot",
    "Verb",
    "complete",
    "echo_of",
    "parse",
]
