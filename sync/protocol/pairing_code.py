"""The pairing code: a secret that lets one desk in, and a check of the server's own certificate authority.

Twenty characters in groups of four. The first ten are the secret: 50 random bits, good once and for an hour. The last
ten are 50 bits of a slow hash (Argon2id) of the authority's certificate. The desk fetches that certificate over a
connection it cannot trust yet, checks it against the code, and tells the secret only over one that the certificate
proves. To find another authority with the same check would take 2**50 runs of that hash.
"""

import hmac
import secrets
from functools import lru_cache

from argon2.low_level import Type, hash_secret_raw

from core.errors import Refused

# Crockford's base 32: no letter that is read as a digit or makes words; those that people confuse are read as meant.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011")
_HALF = 10
_GROUP = 4
_CHECK_BYTES = 7
_SALT = b"foredesk authority"


def new_secret() -> str:
    """Ten random characters."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_HALF))


@lru_cache(maxsize=4)
def authority_check(certificate: bytes) -> str:
    """The ten characters that stand for an authority's certificate (DER). Takes some tenths of a second."""
    digest = hash_secret_raw(certificate, _SALT, 3, 65_536, 4, _CHECK_BYTES, Type.ID)
    number = int.from_bytes(digest, "big") >> (8 * _CHECK_BYTES - 5 * _HALF)
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in reversed(range(_HALF)))


def written(secret: str, check: str) -> str:
    """The code as people pass it on, for example 7K3M-9QXA-2BT0-PWD4-ZZ81."""
    code = secret + check
    return "-".join(code[i : i + _GROUP] for i in range(0, len(code), _GROUP))


def read(code: str) -> tuple[str, str]:
    """Its secret and its check, however it was typed. Raises Refused where it cannot be a code."""
    plain = "".join(code.upper().translate(_READ_AS).replace("-", " ").split())
    if len(plain) != 2 * _HALF or not set(plain) <= set(_ALPHABET):
        raise Refused(
            "This is not a pairing code: it has twenty letters and digits in five groups.",
            do="Ask for a new one at the server, with foredesk server code, and type all of it.",
        )
    return plain[:_HALF], plain[_HALF:]


def is_authority(certificate: bytes, check: str) -> bool:
    """Whether the code's check is that of this certificate (DER)."""
    return hmac.compare_digest(authority_check(certificate), check)
