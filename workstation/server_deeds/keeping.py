"""`foredesk server backup`, `restore`, `archive` and `status`: that nothing is lost, and how things are."""

import argparse
import asyncio
import shutil
from pathlib import Path

from core.errors import Refused
from sync.server import archive as archives
from sync.server import retention
from sync.server.backup import Verified, back_up
from sync.server.database import opened
from sync.server.metrics import known
from sync.server.restore import restore_embedded, restore_postgresql
from sync.server.upgrade import bring_up
from workstation.clock import SteadyClock
from workstation.instance import take_lock
from workstation.server_alive import standing
from workstation.server_deeds.ground import Ground, Say, size

NOT_RUNNING = 3  # exit code
_DAY_MS = 24 * 3600 * 1000


async def backup(ground: Ground) -> None:
    target: Path = ground.args.output
    done = await back_up(ground.database, target, replace=ground.args.replace)
    ground.say(f"{target}: {done.events:,} events of {done.desks} desks, {size(done.size)}; every hash in it is right.")
    ground.say("It holds the server's keys: keep it where nobody else reads it.")


def restore(args: argparse.Namespace, folder: Path, address: str, say: Say) -> None:
    """The one command that needs the server stopped. Raises Unavailable; then everything is as it was."""
    source: Path = args.source
    if address:
        done = asyncio.run(_restore_postgresql(args, folder, address))
    else:
        clock = SteadyClock()
        lock = take_lock(folder, clock, what="server")
        try:
            done, moved = restore_embedded(source, folder, clock.now_ms())
        finally:
            lock.release()
        if moved is not None:
            say(f"What was there before is kept as {moved}.")
    say(f"The server now holds the {done.events:,} events of {source}.")
    say("Start it: desks notice that it was restored, and send again what it lacks.")


async def _restore_postgresql(args: argparse.Namespace, folder: Path, address: str) -> Verified:
    async with opened(address, folder) as database:
        await bring_up(database)
        return await restore_postgresql(args.source, database, replace=args.replace)


async def archive(ground: Ground) -> None:
    days, target = ground.args.older_than, ground.args.output
    if days < 1:
        raise Refused("An archive holds what is at least one day old.")
    done = await archives.archive(ground.database, target, ground.now_ms - days * _DAY_MS)
    ground.say(f"{target}: {done.incidents:,} incidents closed more than {days} days ago, {done.events:,} events.")
    ground.say("They stay in the server as well: desks that begin anew need them.")


async def forget(ground: Ground) -> None:
    days = ground.args.older_than
    if days < 1:
        raise Refused("Only what is at least one day old is forgotten.")
    before_ms = ground.now_ms - days * _DAY_MS
    found = await retention.forgettable(ground.database, before_ms)
    if not found.events:
        ground.say(f"Nothing that was said in incidents closed more than {days} days ago is kept here any more.")
        return
    ground.say(
        f"{found.incidents:,} incidents were closed more than {days} days ago. Who called and what was said in them, "
        f"{found.events:,} events, would be forgotten for good."
    )
    if not ground.args.yes:
        await asyncio.to_thread(_ask_to_forget)
    done = await retention.forget(ground.database, before_ms)
    ground.say(f"Callers and narrative of {done.incidents:,} incidents are forgotten here, {done.events:,} events.")
    ground.say("That they happened stays, and every hash with it. Desks and backups keep what they have.")


def _ask_to_forget() -> None:
    """Raises Refused unless a person types the word."""
    try:
        typed = input("Type FORGET to go on: ")
    except EOFError:
        typed = ""
    if typed.strip() != "FORGET":
        raise Refused("Nothing was forgotten.", do="Type FORGET when asked, or say --yes.")


async def status(ground: Ground) -> int:
    found = await ground.database.run(known, write=False)
    runs, words = await asyncio.to_thread(standing, ground.folder)
    ground.say(f"Server         {words}")
    ground.say(f"Data           {ground.database.where}")
    ground.say(f"Events         {found.events:,}")
    ground.say(
        f"Desks          {found.paired} paired"
        + (f", {sum(found.unsent.values())} events unsent" if found.unsent else "")
    )
    ground.say(
        f"Quarantine     {found.quarantined} entries wait for a decision"
        if found.quarantined
        else "Quarantine     empty"
    )
    ground.say(f"On offer       {size(found.artefact_bytes)}")
    if not ground.address:
        ground.say(f"Disk           {size(shutil.disk_usage(ground.folder).free)} free")
    far = {desk: offset for desk, offset in found.clock_offsets_s.items() if abs(offset) > 5}
    for desk, offset in far.items():
        ground.say(f"Clock          desk {desk} is {abs(offset):.0f} s {'ahead' if offset > 0 else 'behind'}")
    return 0 if runs else NOT_RUNNING
