"""The two kinds of trouble that are not bugs, so that every floor reports them the same way.

`Refused` is shown inline where the person asked; `Unavailable` goes to the health strip and is retried.
Everything else is a bug and reaches the exception hook.
"""


class ForedeskError(Exception):
    """What happened, what holds now, and what to do, in whole sentences."""

    def __init__(self, happened: str, holds: str = "", do: str = "") -> None:
        self.happened = happened
        self.holds = holds
        self.do = do
        super().__init__(" ".join(part for part in (happened, holds, do) if part))


class Refused(ForedeskError):
    """A person asked for something impossible or illegal; nothing was changed."""

    def __init__(
        self,
        happened: str,
        holds: str = "Nothing was changed.",
        do: str = "",
        *,
        overridable: bool = False,
    ) -> None:
        super().__init__(happened, holds, do)
        self.overridable = overridable


class Unavailable(ForedeskError):
    """Something outside (a disk, a port, a map pack, a key) cannot be used now."""
