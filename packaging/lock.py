"""Writes the lock files from pyproject.toml: every Python from 3.11 to 3.13, Linux, Windows and macOS, with hashes.

    python3 packaging/lock.py [--upgrade]

The hashes are those of the public registry, whatever local folders of wheels this machine's pip is set up with, and no
registry's name is written.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent / "pyproject.toml"
GROUPS = {"requirements.lock": ("build",), "requirements-dev.lock": ("build", "dev")}
STYLE = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header"]


def _environment() -> dict[str, str]:
    """The environment without what would point pip or uv at a local folder of wheels."""
    dropped = {"PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_EXTRA_INDEX_URL"}
    return {name: value for name, value in os.environ.items() if name not in dropped}


def _compile(uv: Path, target: Path, groups: tuple[str, ...], options: list[str]) -> None:
    chosen = [part for group in groups for part in ("--group", f"{PROJECT}:{group}")]
    fixed = ["--quiet", "--no-config", "--no-emit-index-url", "--no-emit-find-links"]
    command = [str(uv), "pip", "compile", *fixed, *STYLE, *chosen, *options, str(PROJECT), "-o", str(target)]
    subprocess.run(command, env=_environment(), check=True)


def main(options: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="foredesk-uv-") as folder:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "uv"], check=True)
        uv = Path(folder, "bin", "uv.exe" if os.name == "nt" else "uv")
        for name, groups in GROUPS.items():
            agreeing = ["-c", str(HERE / "requirements.lock")] if "dev" in groups else []
            _compile(uv, HERE / name, groups, [*options, *agreeing])
            print(f"Wrote packaging/{name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
