"""`foredesk server publish`, `offers` and `withdraw`: what desks fetch from the server."""

import asyncio
import hashlib
import tempfile
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

from core.domain.agency_file import read_to_hand_on
from core.errors import Refused, Unavailable
from core.models.opening import open_model
from core.pack.pack import open_pack
from core.store.trouble import told_plainly
from sync.server import artefacts
from sync.server.artefacts import PART_BYTES, Artefacts, Wanted
from workstation.server_deeds.ground import Ground, moment, size, table

_MOST_TEXT_BYTES = 8_000_000


async def publish(ground: Ground) -> None:
    file: Path = ground.args.file
    check_usable(file, ground.args.kind, ground.folder)
    try:
        with file.open("rb") as content:
            digest = (await asyncio.to_thread(hashlib.file_digest, content, "sha256")).hexdigest()
            length = content.tell()
        wanted = Wanted(digest, ground.args.kind, ground.args.name or file.name, length)
        artefacts.check(wanted)
        begun = await ground.database.run(
            lambda connection: artefacts.announce(connection, wanted, ground.who, ground.now_ms)
        )
        offered = Artefacts(ground.database, lambda: ground.now_ms)
        await offered.take(wanted, ground.who, begun.received, _read(file, begun.received))
    except OSError as error:
        reason = error.strerror or error
        raise Unavailable(
            f"{file} cannot be read: {reason}.", "Nothing is offered of it.", "Check the path."
        ) from error
    ground.say(f"{wanted.name} ({wanted.kind}, {size(length)}) is offered to every desk, as {digest[:12]}.")


def check_usable(file: Path, kind: str, room: Path) -> None:
    """Desks would refuse it when it has come; better here and now. Raises Unavailable.

    `room` is a folder with space for a map pack's parts, which are unpacked and verified there, and leave nothing.
    """
    if kind == "agency":
        read_to_hand_on(file)
    elif kind == "model":
        open_model(file)
    elif kind == "pack":
        with tempfile.TemporaryDirectory(prefix="checking-", dir=room) as cache:
            open_pack(file, Path(cache))
    else:
        _check_cards(file)


def _check_cards(file: Path) -> None:
    """Run cards are pages for people: a PDF, or text (TOML where its name says so). Raises Unavailable."""
    with told_plainly(file), file.open("rb") as content:
        head = content.read(_MOST_TEXT_BYTES + 1)
    if head.startswith(b"%PDF-"):
        return
    try:
        if not head or len(head) > _MOST_TEXT_BYTES or b"\0" in head:
            raise ValueError("it is no text")
        text = head.decode("utf-8")
        if file.suffix.lower() == ".toml":
            tomllib.loads(text)
    except ValueError as error:
        raise Unavailable(
            f"{file} holds no run cards that a person could read: {error}.",
            "Nothing is offered of it.",
            "Run cards are a PDF, or text in UTF-8; TOML has to be sound.",
        ) from error


async def _read(file: Path, begin: int) -> AsyncIterator[bytes]:
    with file.open("rb") as content:
        content.seek(begin)
        while part := await asyncio.to_thread(content.read, PART_BYTES):
            yield part


async def listed(ground: Ground) -> None:
    offered = await ground.database.run(artefacts.listed, write=False)
    rows = [(o.kind, o.name, size(o.size), moment(o.published_at), o.sha256[:12]) for o in offered]
    if not rows:
        ground.say("Nothing is offered yet. foredesk server publish FILE --kind pack|model|agency|cards does it.")
        return
    for line in table(rows, ("KIND", "NAME", "SIZE", "SINCE", "SHA-256")):
        ground.say(line)


async def withdraw(ground: Ground) -> None:
    begin = ground.args.sha256.lower()
    offered = await ground.database.run(artefacts.listed, write=False)
    found = [entry for entry in offered if entry.sha256.startswith(begin)]
    if len(found) != 1:
        many = "Several artefacts begin" if found else "No artefact begins"
        raise Refused(f"{many} with {begin}.", do="foredesk server offers lists them.")
    await ground.database.run(lambda connection: artefacts.remove(connection, found[0].sha256))
    ground.say(f"{found[0].name} is offered no longer. Desks that have it keep it.")
