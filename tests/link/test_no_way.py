"""Why there is no line, in words of people: nothing of what Python or the system calls it."""

import errno
from socket import gaierror

import pytest

from sync.link.trouble import no_way


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 8787)"), "no server listens at port 8787"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 8787, 0, 0)"), "no server listens"),
        (gaierror(-2, "Name or service not known"), "Nothing here knows the name centre"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no network that leads to centre"),
        (OSError(errno.ETIMEDOUT, "Connection timed out"), "centre does not answer."),
        (OSError(errno.EINVAL, "Invalid argument"), "There is no line to centre."),
    ],
)
def test_that_no_way_to_the_server_is_told_in_plain_words(error: OSError, said: str) -> None:
    sentence = no_way("centre", 8787, error)
    assert said in sentence
    assert not any(word in sentence for word in ("Errno", "call failed", "exceptions", "not known", "argument"))
