"""Reads the bodies of older Foredesks: events are kept as they were signed, and brought up to date when they are read.

Adding a field with a default, or a body, needs nothing here: SCHEMA is raised where a body's shape itself changes, with
one step added below. Steps are kept for two releases.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from core.domain.events import Body
from core.errors import Refused
from core.merge.run import SCHEMA

# From the schema that is the key to the next one: a body's plain JSON object in, the same one changed out.
UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

_newest: msgspec.json.Decoder[Body] = msgspec.json.Decoder(Body)


def oldest() -> int:
    """The oldest schema that is still read."""
    return SCHEMA - len(UPGRADES)


def decode_body(body: bytes, schema: int) -> Body:
    """Raises Refused for what is no event of that schema, or of one that is not read here."""
    try:
        if schema == SCHEMA:
            return _newest.decode(body)
        if not oldest() <= schema <= SCHEMA:
            raise Refused(f"This Foredesk does not read events of schema {schema}.")
        plain = msgspec.json.decode(body, type=dict[str, Any])
        for step in range(schema, SCHEMA):
            plain = UPGRADES[step](plain)
        return msgspec.convert(plain, Body)  # type: ignore[no-any-return]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"That is no event this Foredesk knows: {error}.") from error
