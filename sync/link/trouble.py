"""What can go wrong between desk and server, sorted by what is to be done about it."""

import errno
from enum import StrEnum
from socket import gaierror

_NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN)


def no_way(host: str, port: int, error: OSError) -> str:
    """Why there is no connection, in a sentence for people; what the system says of it stays in the log."""
    told = str(error)  # several addresses were tried: the loop's own sentence names each refusal
    if isinstance(error, gaierror):
        return f"Nothing here knows the name {host}: there is no network, or the address is mistyped."
    if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
        return f"{host} does not answer."
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in told:
        return f"{host} can be reached, but no server listens at port {port}."
    if error.errno in _NO_ROUTE:
        return f"This machine has no network that leads to {host}."
    return f"There is no line to {host}."


class LinkTrouble(Exception):
    """Ends a connection; the link tries again. `sentence` is for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class LineTrouble(LinkTrouble):
    """Nothing comes back: packets are lost, or the line is thinner than believed. Worth trying again soon."""


class Unreachable(LinkTrouble):
    """There is no way to the server now: refused, no route, no name, or another server in its place."""

    def __init__(self, sentence: str, *, was_cut: bool = False, is_foreign: bool = False) -> None:
        super().__init__(sentence)
        self.was_cut = was_cut  # an open connection broke: asking once more over a new one may do
        self.is_foreign = is_foreign  # its certificate is not of this desk's server


class ServerTrouble(LinkTrouble):
    """The server answered that it cannot just now; `retry_s` above 0 where it says when to ask again."""

    def __init__(self, sentence: str, *, retry_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.retry_s = retry_s


class RefusalKind(StrEnum):
    UNKNOWN_DESK = "unknown desk"  # not joined, or the desk's key was taken away
    CLONED = "cloned"  # two desks use one identity
    TOO_OLD = "too old"  # this Foredesk is too old for the server
    FOREIGN = "foreign"  # another agency's server, or another server in its place
    OTHER = "other"


class RefusedByServer(LinkTrouble):
    """The server refuses this desk altogether; trying again soon does not help, a person has to."""

    def __init__(self, sentence: str, kind: RefusalKind, remedy: str = "") -> None:
        super().__init__(sentence)
        self.kind = kind
        self.remedy = remedy
