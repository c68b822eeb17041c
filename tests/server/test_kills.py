"""Nothing that was acknowledged is lost when processes are killed: the server's, and PostgreSQL's primary."""

import contextlib
import random
from collections.abc import Iterator

import httpx
import pytest

from core.domain import events as e
from core.merge.run import Run
from tests.bench.bench_sync_failover import fail_over
from tests.bench.postgres import Cluster
from tests.bench.sync_rig import Rig, Wire, bench_desk


@pytest.fixture(params=["embedded", "postgresql"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    cluster: Cluster | None = None if request.param == "embedded" else request.getfixturevalue("cluster")
    with Rig(cluster, ["A", "B"]) as running:
        yield running


def test_that_a_server_killed_while_it_writes_keeps_what_it_acknowledged(rig: Rig) -> None:
    desk = bench_desk("A")
    chance = random.Random(2)
    acknowledged: list[Run] = []
    waiting: list[Run] = []
    for _ in range(2):
        wire = Wire(rig.replicas[0].address, desk)
        for _ in range(chance.randint(3, 12)):
            waiting.append(desk.run(*(e.UnitContacted(f"M{n}") for n in range(40))))
            wire.push(waiting)
            acknowledged += waiting
            waiting = []
        rig.replicas[0].kill_in(0.002)
        with contextlib.suppress(httpx.HTTPError):
            while True:  # answers that come before the kill are answers
                waiting.append(desk.run(e.UnitContacted("M1")))
                wire.push(waiting)
                acknowledged += waiting
                waiting = []
        wire.close()
        rig.replicas[0].close()
        rig.replicas[0] = rig.replica()
    reader, writer = Wire(rig.replicas[0].address, bench_desk("B")), Wire(rig.replicas[0].address, desk)
    writer.push(waiting)
    found = [run for answer in reader.all_after() for run in answer.runs]
    assert found == [*acknowledged, *waiting]
    reader.close()
    writer.close()


def test_that_a_failover_loses_nothing_that_was_acknowledged(cluster: Cluster) -> None:
    figures = fail_over(1, careless=True)
    assert figures["lost_"] == 0
    assert figures["events acknowledged_"] > figures["of these before the kill_"] > 0
    assert figures["epochs seen_"] == 2
