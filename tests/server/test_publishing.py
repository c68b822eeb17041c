"""What is published is looked at before any desk fetches it: a file of another kind, or a broken one, is refused."""

from pathlib import Path

import pytest

from core.errors import Unavailable
from workstation.server_deeds.offers import check_usable

NOT_SOUND = {
    "pack": b"PK\x03\x04 and no more",
    "model": b"PK\x03\x04 and no more",
    "agency": b"name = ",
    "cards": b"\x7fELF\0\0\0",
}


@pytest.mark.parametrize("kind", NOT_SOUND)
def test_that_what_no_desk_could_use_is_refused_in_words_and_leaves_nothing(tmp_path: Path, kind: str) -> None:
    (file := tmp_path / "file").write_bytes(NOT_SOUND[kind])
    (room := tmp_path / "room").mkdir()
    with pytest.raises(Unavailable):
        check_usable(file, kind, room)
    with pytest.raises(Unavailable):
        check_usable(tmp_path / "absent", kind, room)
    assert list(room.iterdir()) == []


def test_that_a_sound_file_is_taken_under_its_own_kind_alone(tmp_path: Path, repository: Path) -> None:
    model = repository / "resources" / "severity" / "severity.fdmodel"
    agency = repository / "resources" / "agency" / "default.toml"
    for file, kind in ((model, "model"), (agency, "agency"), (agency, "cards")):
        if file.exists():
            check_usable(file, kind, tmp_path)
    for file, kind in ((agency, "pack"), (agency, "model"), (model, "cards"), (model, "pack"), (model, "agency")):
        with pytest.raises(Unavailable):
            check_usable(file, kind, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "sound"),
    [
        ("page.pdf", b"%PDF-1.7\n\xff\0", True),
        ("page.txt", "Señal 3: two engines.\n".encode(), True),
        ("page.txt", b"\xff\xfe\n", False),
        ("page.toml", b"[[card]]\nname = 'Fire'\n", True),
        ("page.toml", b"[[card\n", False),
        ("page.txt", b"", False),
    ],
)
def test_that_run_cards_are_what_a_person_can_read(tmp_path: Path, name: str, content: bytes, sound: bool) -> None:
    (file := tmp_path / name).write_bytes(content)
    if sound:
        check_usable(file, "cards", tmp_path)
        return
    with pytest.raises(Unavailable, match="no run cards"):
        check_usable(file, "cards", tmp_path)
