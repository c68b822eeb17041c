"""What a desk keeps of having joined: who it is to its agency, which server it belongs to, and whom it trusts."""

from typing import Protocol

import msgspec
from msgspec import Struct

from core.errors import Unavailable
from sync.link.settings import LinkSettings
from sync.protocol.joining import Paired
from sync.protocol.messages import DeskCard

SETTING = "sync membership"


class SettingsStore(Protocol):
    def get_setting(self, key: str) -> str | None: ...
    def put_setting(self, key: str, value: str) -> None: ...


class Membership(Struct, frozen=True):
    """Sealed in the store: `token` is a secret. `server` names the centre in the store's marks for good."""

    url: str
    token: str
    authority: str  # PEM
    agency: str  # its name, for people
    agency_key: bytes  # Ed25519
    card: DeskCard
    metered: bool = False
    server: str = "centre"

    @property
    def desk(self) -> str:
        return self.card.id

    def link_settings(self) -> LinkSettings:
        return LinkSettings(
            url=self.url,
            desk=self.desk,
            token=self.token,
            ca_pem=self.authority,
            agency_key=self.agency_key,
            server=self.server,
            metered=self.metered,
        )


def joined(paired: Paired, url: str) -> Membership:
    """What is kept of a pairing with the server at `url`."""
    return Membership(
        url, paired.token, paired.authority.decode("ascii"), paired.agency, paired.agency_key, paired.card
    )


def keep_membership(store: SettingsStore, membership: Membership) -> None:
    store.put_setting(SETTING, msgspec.json.encode(membership).decode())


def membership(store: SettingsStore) -> Membership | None:
    """None for a desk that works alone. Raises Unavailable where what was kept cannot be read."""
    kept = store.get_setting(SETTING)
    if not kept:
        return None
    try:
        return msgspec.json.decode(kept, type=Membership)
    except msgspec.DecodeError as error:
        raise Unavailable(
            "What this desk kept of its server cannot be read.",
            "It works alone until then.",
            "Join the server again with foredesk desk join.",
        ) from error
