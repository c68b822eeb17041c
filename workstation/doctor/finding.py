"""What a check of the doctor says: how it stands, in a sentence, and what to do about it."""

from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """`warn` is something the desk works without; `fail` is not."""

    OK = "OK"
    WARN = "warn"
    FAIL = "fail"


class Finding(Struct, frozen=True):
    """One line of the doctor's. `do` is what mends it, empty where nothing needs mending."""

    verdict: Verdict
    topic: str
    sentence: str
    do: str = ""


def ok(topic: str, sentence: str) -> Finding:
    return Finding(Verdict.OK, topic, sentence)


def warn(topic: str, sentence: str, do: str) -> Finding:
    return Finding(Verdict.WARN, topic, sentence, do)


def fail(topic: str, sentence: str, do: str) -> Finding:
    return Finding(Verdict.FAIL, topic, sentence, do)
