"""A digest in front of what may be longer than a page.

SQLCipher takes a page of zeros for one that was never written, and tells of a refused overflow page one page later: a
long value must prove itself that it is whole. Events do so by their chain.
"""

from hashlib import sha256
from pathlib import Path

from core.store.trouble import damaged

_DIGEST_BYTES = 32


def seal(content: bytes) -> bytes:
    return sha256(content).digest() + content


def unseal(sealed: bytes, path: Path, what: str) -> bytes:
    """The content. Raises Unavailable when it is not what was sealed; `what` names it in the sentence."""
    content = sealed[_DIGEST_BYTES:]
    if sha256(content).digest() != sealed[:_DIGEST_BYTES]:
        raise damaged(path, f"{what} is not what was written")
    return content
