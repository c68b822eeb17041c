"""`foredesk sync guest CODE`: a desk of nobody comes into a field post, and says what it is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.desk import PREFIX_SETTING
from core.domain.agency_file import read_agency
from resources import resource_path
from sync.link.membership import membership
from sync.post import guests
from tests.link.rig import Agency, wait_until
from tests.post.village import FieldDesk, Village
from workstation.cli import main
from workstation.compose import open_desk
from workstation.sync.posting import takes_part


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FieldDesk]:
    """A field post that waits for guests, and is the only one on the network."""
    village, desk = Village(), FieldDesk(tmp_path / "A", "A", Agency())
    desk.go_out(village)
    assert desk.post is not None
    desk.post.host_here()
    village.neighbours()
    other = FieldDesk(tmp_path / "B", "B", desk.agency, roster=False).go_out(village)
    wait_until(lambda: village.told["A"].hosting_since)
    monkeypatch.setattr(guests, "posts_nearby", lambda: [village.told["A"]])
    yield desk
    other.stop()
    desk.stop()


def test_that_a_guest_comes_in_by_one_command_and_a_wrong_code_changes_nothing(
    host: FieldDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "guest"
    monkeypatch.setenv("FOREDESK_HOME", str(home))
    assert host.post is not None
    post = host.post
    post.invite()
    wait_until(lambda: post.status().code)
    code = post.status().code
    assert main(["sync", "guest", code[:-1] + ("0" if code[-1] != "0" else "1")]) == 1
    assert "not that of this field post" in "".join(capsys.readouterr())
    assert main(["sync", "guest", code, "--name", "Red Cross"]) == 0
    said = capsys.readouterr().out
    opened = open_desk(home, read_agency(resource_path("agency", "default.toml")))
    try:
        prefix = opened.store.get_setting(PREFIX_SETTING)
        assert said == f"This desk is a guest of Demo; its letters are {prefix}.\n"
        assert takes_part(opened.store)
        kept = membership(opened.store)
        assert kept is not None
        assert (kept.url, kept.card.name) == ("", "Red Cross")
    finally:
        opened.close()
    wait_until(lambda: any(b"Red Cross" in card for card in host.ask(host.store.cards).values()))
    assert main(["sync", "guest", code]) == 1
    assert "has joined" in "".join(capsys.readouterr())
