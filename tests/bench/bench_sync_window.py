"""How long a real window is held while another desk's work arrives: gaps of its event loop, and of a person's keys.

python -m tests.bench.bench_sync_window [--events 4000] [--typing]
"""

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.desk import Desk
from core.domain.agency_file import read_agency
from core.domain.commands import AddNarrative, Assign, CloseIncident, OpenIncident, SetStatus
from core.domain.statuses import Availability, UnitStatus
from core.domain.values import Location
from resources import resource_path
from tests.scenarios.centre import Cable, Centre
from widgets.context import DeskContext, Mode
from widgets.notifier import Notifier
from widgets.selection import Selection
from widgets.sync.control import LinkState
from widgets.theme import Scheme, Theme
from widgets.window import MainWindow
from workstation.clock import SteadyClock
from workstation.compose import OpenDesk, open_desk
from workstation.sync.session import SyncSession

TICK_MS = 2
PATIENCE_S = 300.0


def open_at(folder: Path) -> tuple[OpenDesk, SyncSession]:
    opened = open_desk(folder, read_agency(resource_path("agency", "demo.toml")), SteadyClock())
    return opened, SyncSession(opened.desk, opened.store, _tell, folder=folder)


def _tell(error: Exception) -> None:
    sys.stderr.write(f"{error}\n")


def work(desk: Desk, events: int) -> None:
    """Calls from opening to closing, with units, statuses and notes, until there are so many events."""
    done, number = 0, 0
    while done < events:
        number += 1
        opened = desk.do(OpenIncident("EMS-CHE", Location(f"Street {number}", -29.9, -71.25)))
        incident = next(event.body.incident for event in opened if hasattr(event.body, "incident"))
        unit = next(u.callsign for u in desk.board.units.values() if u.status.availability is Availability.FREE)
        acts = [Assign(incident, (unit,)), SetStatus(unit, UnitStatus.EN_ROUTE), SetStatus(unit, UnitStatus.ON_SCENE)]
        notes = [AddNarrative(incident, f"Note {n} about what is seen there.") for n in range(3)]
        done += len(opened)
        for act in (*acts, *notes, SetStatus(unit, UnitStatus.AVAILABLE)):
            done += len(desk.do(act))
        if number % 10:
            done += len(desk.do(CloseIncident(incident, next(iter(desk.agency.dispositions)))))


def until(holds: Callable[[], object]) -> float:
    """Runs the loop until it holds; how long that took, s."""
    began = time.perf_counter()
    while not holds():
        if time.perf_counter() - began > PATIENCE_S:
            raise SystemExit("It never happened.")
        QTest.qWait(1)
    return time.perf_counter() - began


def join(session: SyncSession, address: str, code: str) -> None:
    answers: list[Exception | str] = []
    session.join(address, code, "", answers.append)
    until(lambda: answers)
    until(lambda: session.view().state is LinkState.UP_TO_DATE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=4_000)
    parser.add_argument("--typing", action="store_true", help="somebody types at the window meanwhile")
    wanted = parser.parse_args()
    application = QApplication([])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        centre = Centre(folder / "centre")
        try:
            measure(application, folder, centre, wanted.events, typing=wanted.typing)
        finally:
            centre.stop()


def measure(application: QApplication, folder: Path, centre: Centre, events: int, *, typing: bool) -> None:
    away, away_link = open_at(folder / "away")
    here, link = open_at(folder / "here")
    cable = Cable(centre.port)
    join(away_link, f"https://127.0.0.1:{centre.port}", centre.first_code)
    join(link, cable.address, centre.code())
    cable.cut()
    work(away.desk, events)
    until(lambda: not away.store.status().unsynced)
    theme = Theme(application, Scheme.DARK)
    context = DeskContext(here.desk, Notifier(here.desk), Selection(), theme.palette, Mode.LIVE, sync=link)
    window = MainWindow(context, theme, with_map=False)
    window.resize(1600, 1000)
    window.show()
    until(lambda: link.view().state is LinkState.OFFLINE)
    beats, keys = [(time.perf_counter(), time.thread_time())], list[float]()
    timer = QTimer()
    timer.setInterval(TICK_MS)
    timer.timeout.connect(lambda: beats.append((time.perf_counter(), time.thread_time())))
    typist = QTimer()
    typist.setInterval(150)
    typist.timeout.connect(lambda: keys.append(_note(here.desk)))
    here.desk.do(OpenIncident("EMS-CHE", Location("Here")))
    alone = sorted(_note(here.desk) for _ in range(40))
    gc.collect()
    gc.freeze()  # as the window does once it stands; the other desk's objects are not for it to go over
    cable.mend()
    link.try_now()
    timer.start()
    if typing:
        typist.start()
    took_s = until(lambda: link.view().state is LinkState.UP_TO_DATE)
    typist.stop()
    timer.stop()
    gaps = sorted((after[0] - before[0]) * 1000 for before, after in pairwise(beats))
    own = sorted((after[1] - before[1]) * 1000 for before, after in pairwise(beats))
    assert away.desk.board.incidents.keys() <= here.desk.board.incidents.keys()
    print(f"{events:,} events of another desk in {took_s:.2f} s{' while somebody typed' if typing else ''}")
    print(
        f"gaps of the window's loop: median {gaps[len(gaps) // 2]:.1f}, p99 {gaps[int(len(gaps) * 0.99)]:.1f}, ", end=""
    )
    print(f"longest {gaps[-1]:.1f} ms, {sum(gap > 50 for gap in gaps)} over 50 ms")
    print(f"of which the window's own work: p99 {own[int(len(own) * 0.99)]:.1f}, longest {own[-1]:.1f} ms, ", end="")
    print(f"{sum(gap > 50 for gap in own)} over 50 ms")
    print(f"a note entered alone: median {alone[len(alone) // 2] * 1000:.1f} ms", end="")
    keys.sort()
    print(f"; meanwhile {keys[len(keys) // 2] * 1000:.1f} ms, worst {keys[-1] * 1000:.1f} ms" if keys else "")
    window.close()
    context.notifier.close()
    for session, opened in ((link, here), (away_link, away)):
        session.shut()
        opened.close()
    cable.cut()


def _note(desk: Desk) -> float:
    """How long a narrative line takes, s."""
    incident = next(i.id for i in desk.board.open_incidents() if i.desk == desk.desk_id)
    began = time.perf_counter()
    desk.do(AddNarrative(incident, "Something that was said on the telephone."))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
