"""`foredesk server code`, `desks` and `revoke`: which desks come in."""

import asyncio

from core.errors import Refused
from sync.server import authority
from sync.server.authority import DeskRow
from sync.server.pairing import new_code
from workstation.server_alive import standing
from workstation.server_deeds.ground import Ground, moment, table
from workstation.server_folder import server_address

_HOUR_MS = 3_600_000
_MOST_HOURS = 24 * 7


async def code(ground: Ground) -> None:
    hours = ground.args.hours
    if not 0 < hours <= _MOST_HOURS:
        raise Refused(f"A code is good for more than 0 and at most {_MOST_HOURS} hours.")
    made = await ground.database.run(
        lambda connection: new_code(connection, ground.who, ground.now_ms, good_ms=round(hours * _HOUR_MS))
    )
    ground.say(f"{made.text}   for one desk, until {moment(made.expires_at)}")
    ground.say(f"On the desk: foredesk desk join {server_address(ground.folder)} {made.text}")


async def listed(ground: Ground) -> None:
    known = [desk for desk in await ground.database.run(authority.all_desks, write=False) if desk.kind == "desk"]
    if not known:
        ground.say("No desk is paired yet. foredesk server code lets one in.")
        return
    head = ("PREFIX", "ID", "NAME", "LAST SEEN", "CLOCK", "UNSENT", "VERSION", "ADDRESS", "STATE")
    for line in table([_row(desk) for desk in known], head):
        ground.say(line)
    runs, words = await asyncio.to_thread(standing, ground.folder)
    if not runs:
        ground.say(f"This is how it was: the server is {words}.")


def _row(desk: DeskRow) -> tuple[str, ...]:
    clock = f"{round(desk.clock_offset_ms / 1000, 1) + 0.0:+.1f} s" if desk.last_seen_at else "-"
    unsent = str(desk.unsent) if desk.last_seen_at else "-"
    seen = moment(desk.last_seen_at)
    return desk.prefix, desk.id, desk.name, seen, clock, unsent, desk.version or "-", desk.address or "-", _state(desk)


def _state(desk: DeskRow) -> str:
    if desk.revoked_at is not None:
        return f"revoked {moment(desk.revoked_at)}" + (f": {desk.revoked_why}" if desk.revoked_why else "")
    return "cloned: two machines used it" if desk.cloned_at else "paired"


async def revoke(ground: Ground) -> None:
    args = ground.args
    desk = await ground.database.run(
        lambda connection: authority.revoke(connection, args.desk, ground.who, args.why, ground.now_ms)
    )
    ground.say(f"{desk.name} ({desk.id}) is refused from now on. What it sent before stays.")
