"""The map page's scripts arrive whole and as pinned, or not at all."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

CONTENT = {"package/LICENSE": b"Do as you like.", "package/dist/one.js": b"1;", "package/dist/images/a.png": b"png"}


def _archive(path: Path, content: dict[str, bytes]) -> str:
    """Write an npm archive and return its integrity."""
    with tarfile.open(path, "w:gz") as tar:
        for name, body in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


def _recipe(path: Path, integrity: str, *, files: str = '["dist/one.js", "dist/images/a.png"]') -> Path:
    entry = f'name = "@scope/one"\nversion = "1.2.3"\nintegrity = "{integrity}"\nlicence = "MIT"\nfiles = {files}\n'
    path.write_text(f"[[package]]\n{entry}", encoding="utf-8")
    return path


@pytest.fixture
def registry(assets: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A registry that has one package; returns its integrity."""
    shelf = tmp_path / "shelf.tgz"
    integrity = _archive(shelf, CONTENT)
    monkeypatch.setattr(
        assets, "_npm_pack", lambda packages, into: (into / packages[0].archive).write_bytes(shelf.read_bytes())
    )
    return integrity


def test_that_scripts_arrive_with_their_licences(assets: ModuleType, registry: str, tmp_path: Path) -> None:
    recipe, vendor = _recipe(tmp_path / "recipe.toml", registry), tmp_path / "web" / "vendor"
    assert assets.fetch_web_assets(vendor, recipe)
    assert (vendor / "@scope" / "one" / "one.js").read_bytes() == b"1;"
    assert (vendor / "@scope" / "one" / "images" / "a.png").read_bytes() == b"png"
    licences = (vendor / "LICENSES.txt").read_text(encoding="utf-8")
    assert "@scope/one 1.2.3 (MIT)" in licences
    assert "Do as you like." in licences
    assert [path.name for path in vendor.parent.iterdir()] == ["vendor"]


def test_that_nothing_is_fetched_twice(assets: ModuleType, registry: str, tmp_path: Path) -> None:
    recipe, vendor = _recipe(tmp_path / "recipe.toml", registry), tmp_path / "vendor"
    assert assets.fetch_web_assets(vendor, recipe)
    assert not assets.fetch_web_assets(vendor, recipe)


def test_that_a_changed_file_is_fetched_again(assets: ModuleType, registry: str, tmp_path: Path) -> None:
    recipe, vendor = _recipe(tmp_path / "recipe.toml", registry), tmp_path / "vendor"
    assets.fetch_web_assets(vendor, recipe)
    script = vendor / "@scope" / "one" / "one.js"
    script.write_bytes(b"2;")
    assert assets.fetch_web_assets(vendor, recipe)
    assert script.read_bytes() == b"1;"


def test_that_a_file_other_than_the_pinned_one_is_refused_and_the_old_stays(
    assets: ModuleType, registry: str, tmp_path: Path
) -> None:
    recipe, vendor = _recipe(tmp_path / "recipe.toml", registry), tmp_path / "vendor"
    assets.fetch_web_assets(vendor, recipe)
    _recipe(recipe, "sha512-" + base64.b64encode(bytes(64)).decode())
    with pytest.raises(assets.FetchFailed, match="not the file that was pinned"):
        assets.fetch_web_assets(vendor, recipe)
    assert (vendor / "@scope" / "one" / "one.js").is_file()


def test_that_a_package_without_the_wanted_file_is_refused(assets: ModuleType, registry: str, tmp_path: Path) -> None:
    recipe = _recipe(tmp_path / "recipe.toml", registry, files='["dist/two.js"]')
    with pytest.raises(assets.FetchFailed, match=r"two\.js"):
        assets.fetch_web_assets(tmp_path / "vendor", recipe)
    assert not (tmp_path / "vendor").exists()


def test_that_a_package_that_did_not_arrive_is_named(assets: ModuleType, tmp_path: Path) -> None:
    package = assets.WebPackage("one", "1.2.3", "sha512-", "MIT", ())
    with pytest.raises(assets.FetchFailed, match=r"one 1\.2\.3 did not arrive"):
        assets.check_integrity(tmp_path / package.archive, package)


def test_that_every_pin_states_its_licence_and_integrity(assets: ModuleType) -> None:
    packages = assets.read_recipe()
    assert {package.licence for package in packages} <= {"BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}
    assert all(len(base64.b64decode(package.integrity.removeprefix("sha512-"))) == 64 for package in packages)


def test_that_this_tree_has_its_scripts(assets: ModuleType) -> None:
    if not assets.VENDOR.exists():
        pytest.skip("The map's scripts were not fetched: python3 packaging/bootstrap.py setup.")
    record = json.loads((assets.VENDOR / assets.RECORD).read_text(encoding="utf-8"))
    assert {"leaflet/leaflet.js", "protomaps-leaflet/protomaps-leaflet.js"} <= set(record["files"])
