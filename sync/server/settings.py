"""What a server is started with: where its things are, where it listens, how it proves itself."""

from pathlib import Path

from msgspec import Struct

DEFAULT_PORT = 8787
KEEP_ALIVE_S = 120  # desks on a thin line speak nearly this seldom, and a new connection costs them kilobytes


class ServerSettings(Struct, frozen=True, kw_only=True):
    """`database` is "" for the embedded one in `folder`. `host` "0.0.0.0" listens on every address of the machine.

    `names` are further names and addresses that the certificate shall hold. `tls` False: a balancer in front does it.
    `trusted_proxies`: addresses whose X-Forwarded-For is believed, "*" for all.
    """

    folder: Path
    database: str = ""
    host: str = "0.0.0.0"
    port: int = DEFAULT_PORT
    names: tuple[str, ...] = ()
    agency: Path | None = None  # the agency's file; None: agency.toml in the folder, else the one that ships
    tls: bool = True
    certificate: Path | None = None  # somebody else's, with `key`; None: the server's own authority
    key: Path | None = None
    trusted_proxies: str = "127.0.0.1"
    metrics_open: bool = False  # /metrics for whoever asks, not only for this machine and signed-in people
    file_key: bytes = b""  # 32 bytes: encrypts the embedded file; b"" leaves it readable
    standby: bool = False  # PostgreSQL has a synchronous standby, and a commit waits for it
