"""`foredesk server publish`, `offers` and `withdraw`: what desks fetch from the server."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from core.domain.agency_file import read_to_hand_on
from core.errors import Refused, Unavailable
from core.models.opening import open_model
from sync.server import artefacts
from sync.server.artefacts import PART_BYTES, Artefacts, Wanted
from workstation.server_deeds.ground import Ground, moment, size, table


async def publish(ground: Ground) -> None:
    file: Path = ground.args.file
    _refuse_what_no_desk_could_use(file, ground.args.kind)
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


def _refuse_what_no_desk_could_use(file: Path, kind: str) -> None:
    """Desks would refuse it when it has come; better here and now. Raises Unavailable."""
    if kind == "agency":
        read_to_hand_on(file)
    elif kind == "model":
        open_model(file)


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
