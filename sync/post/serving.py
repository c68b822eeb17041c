"""The server's part, taken by a desk: the embedded server over a log file of its own, on a thread beside the desk."""

import logging
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from core.errors import Unavailable
from core.store.trouble import of_os_error
from sync.link.trust import Trust
from sync.post.certificate import der_of, new_certificate
from sync.post.door import Door, OnGuest
from sync.post.passes import PostPass, pass_bytes
from sync.post.roll import PostRoll
from sync.protocol import pairing_code
from sync.protocol.messages import DeskCard

_STOP_WITHIN_S = 5.0
_LISTENING = 64

log = logging.getLogger(__name__)


class PostServer:
    """`start` and `stop` once each; `port` is known before it starts. `sign` signs with the host desk's key."""

    def __init__(
        self,
        folder: Path,
        card: DeskCard,
        agency: str,
        trust: Trust,
        sign: Callable[[bytes], bytes],
        on_guest: OnGuest,
        *,
        file_key: bytes,
        host: str = "0.0.0.0",
    ) -> None:
        """`file_key` encrypts the log's file. Raises Unavailable where the folder or the network refuse."""
        self._folder, self._sign, self._file_key = folder, sign, file_key
        self.certificate, self._key = new_certificate(card.name or card.id)
        self.roll = PostRoll(trust)
        shown = PostPass(card, self.certificate, sign(pass_bytes(self.certificate)))
        self._door = Door(shown, agency, self.roll, sign, on_guest)
        try:
            self._socket = socket.create_server((host, 0), backlog=_LISTENING)
        except OSError as error:
            raise Unavailable(
                f"This machine gives no port for a field post ({error.strerror or error}).",
                "Another desk can be the post.",
            ) from error
        self.port: int = self._socket.getsockname()[1]
        self._thread = Thread(target=self._run, name="field post", daemon=True)
        self._stopping = False

    def own_token(self, desk: str) -> str:
        """For the host's own link."""
        return self.roll.let_in(desk)

    def invite(self) -> str:
        """A new code for guests, to be shown on this desk's screen. Takes some tenths of a second."""
        invitation = self._door.invitation
        invitation.secret, invitation.tries = pairing_code.new_secret(), 0
        return pairing_code.written(invitation.secret, pairing_code.authority_check(der_of(self.certificate)))

    def stop_inviting(self) -> None:
        self._door.invitation.secret = ""

    def start(self) -> None:
        """Raises Unavailable where the folder refuses."""
        from uvicorn import Config, Server

        from sync.post.log_file import lay_aside_unless_ours
        from sync.server.app import create_app
        from sync.server.settings import KEEP_ALIVE_S, ServerSettings

        certificate, key = self._write_keys()
        lay_aside_unless_ours(self._folder, self._file_key)
        settings = ServerSettings(folder=self._folder, file_key=self._file_key)
        app = create_app(settings, lambda *_: self.roll, [self._door])
        config = Config(
            app,
            lifespan="on",
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=1,
        )
        self._server = Server(config)
        self._thread.start()

    def _write_keys(self) -> tuple[Path, Path]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            certificate, key = self._folder / "post.pem", self._folder / "post.key"
            key.touch(mode=0o600)
            certificate.write_bytes(self.certificate)
            key.write_bytes(self._key)
        except OSError as error:
            raise of_os_error(self._folder, error) from error
        return certificate, key

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except (Exception, SystemExit):
            if not self._stopping:
                log.exception("The field post ended by a fault of its own.")

    @property
    def serves(self) -> bool:
        return self._thread.is_alive() and self._server.started

    @property
    def failed(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Returns when it has ended, or after some seconds."""
        self._stopping = True
        if self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join(_STOP_WITHIN_S)
        self._socket.close()
