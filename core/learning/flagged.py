"""Which calls a red flag calls severe, as the desk has it beside every model."""

import numpy as np

from core.learning.examples import Examples
from core.learning.metrics import Flags
from core.severity.red_flags import RedFlagRules, RedFlags

URGENT = ("critical", "high")


def raised_by(rules: RedFlagRules | None, examples: Examples) -> Flags | None:
    """Calls with a red flag of an urgent level, bool (n,); None without rules."""
    if rules is None:
        return None
    flags = RedFlags(rules)
    return np.array([any(flag.level in URGENT for flag in flags.find(call.text)) for call in examples.calls], bool)
