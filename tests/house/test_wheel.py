"""The wheel is the whole application and nothing else."""

import subprocess
import zipfile
from pathlib import Path

import pytest

PACKAGES = {"core", "resources", "sync", "widgets", "workstation"}


@pytest.fixture(scope="module")
def wheel(repository: Path, python: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in a wheel built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [python, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    if "bootstrap.py setup" in built.stderr:
        pytest.skip("The assets were not fetched: python3 packaging/bootstrap.py setup.")
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path).namelist()


def test_that_the_wheel_holds_the_five_packages_only(wheel: list[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


def test_that_the_wheel_carries_what_is_fetched(wheel: list[str]) -> None:
    assert "resources/demo/la-serena.fdpack" in wheel
    assert "resources/web/vendor/leaflet/leaflet.js" in wheel
    assert "resources/web/vendor/LICENSES.txt" in wheel


def test_that_the_wheel_carries_every_file_that_ships(
    wheel: list[str], tracked_files: list[Path], repository: Path
) -> None:
    shipped = [path.relative_to(repository).as_posix() for path in tracked_files]
    assert not {name for name in shipped if name.partition("/")[0] in PACKAGES} - set(wheel)
