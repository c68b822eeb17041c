"""`foredesk server quarantine ...`: what the server refused, and what becomes of it."""

from datetime import datetime
from typing import Any

import msgspec

from core.errors import Refused
from sync.server import quarantine
from sync.server.log import QuarantineRow
from workstation.server_deeds.ground import Ground, moment, table


async def listed(ground: Ground) -> None:
    every = ground.args.all
    found = await ground.database.run(lambda connection: quarantine.rows(connection, settled=every), write=False)
    if not found:
        ground.say("Nothing is in quarantine.")
        return
    head = ("NUMBER", "SINCE", "DESK", "EVENTS", "WHY", "TIMES", "STATE")
    for line in table([_row(entry) for entry in found], head):
        ground.say(line)


def _row(entry: QuarantineRow) -> tuple[str, ...]:
    events = str(entry.last_n - entry.first_n + 1)
    since, times = moment(entry.at), str(entry.times)
    return str(entry.id), since, entry.desk, events, entry.code, times, entry.how or "waits"


async def show(ground: Ground) -> None:
    number = ground.args.number
    entry = await ground.database.run(lambda connection: quarantine.row(connection, number), write=False)
    if entry is None:
        raise Refused(f"There is no entry {number} in quarantine.")
    numbers = f"{entry.first_n}" if entry.first_n == entry.last_n else f"{entry.first_n} to {entry.last_n}"
    ground.say(
        f"Entry {number}, since {moment(entry.at)}: event {numbers} of desk {entry.desk}, came {entry.times} times"
    )
    ground.say(f"Why: {entry.detail} ({entry.code})")
    if entry.how:
        ground.say(f"State: {entry.how}" + (f", by {entry.settled_by}" if entry.settled_by else ""))
    for wire in quarantine.events_in(entry):
        readable: dict[str, Any] = quarantine.readable(wire)
        at = datetime.fromtimestamp(wire.at / 1000).astimezone() if 0 <= wire.at < 4_000_000_000_000 else wire.at
        ground.say(f"  {at:%Y-%m-%d %H:%M:%S}  {wire.operator}  {msgspec.json.encode(readable['body']).decode()}")


async def release(ground: Ground) -> None:
    number = ground.args.number
    await ground.database.run(lambda connection: quarantine.wish_release(connection, number, ground.who))
    ground.say(f"The server will try entry {number} again within seconds, or when it is started.")
    ground.say("foredesk server quarantine list --all tells how that ended.")


async def discard(ground: Ground) -> None:
    number, why = ground.args.number, ground.args.why
    await ground.database.run(lambda connection: quarantine.discard(connection, number, ground.who, why, ground.now_ms))
    ground.say(f"Entry {number} is discarded: {why}. It stays on record.")
