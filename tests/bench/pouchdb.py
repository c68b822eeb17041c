"""PouchDB as the named baseline of the sync benches: its own server and two desks, on this machine, in the same run.

python tests/bench/pouchdb.py [--records 10000] [--batch 1000] [--outage]
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROUNDS = Path(__file__).with_name("pouchdb_rounds.cjs")
PACKAGES = ("pouchdb@9.0.0", "express-pouchdb@4.2.0", "express@4.21.2")
DEFAULT_BATCH = 100
INSTALL_S, ROUND_S = 300, 300


@contextmanager
def installed() -> Iterator[Path | None]:
    """A folder that holds PouchDB for as long as the block runs; None where Node or the packages are not to be had."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="foredesk-pouchdb-") as name:
        folder = Path(name)
        command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", name, *PACKAGES]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=INSTALL_S, check=False)
        except subprocess.TimeoutExpired:
            yield None
            return
        yield folder if done.returncode == 0 else None


def one_round(folder: Path, records: int, *, batch: int = DEFAULT_BATCH, outage: bool = False) -> dict[str, Any]:
    """`seconds` from the first desk's write to the second desk's having all; `conflicts` left after an outage."""
    script = folder / ROUNDS.name
    shutil.copyfile(ROUNDS, script)
    command = ["node", str(script), str(records), str(batch), *(["outage"] if outage else [])]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=ROUND_S, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--outage", action="store_true")
    options = parser.parse_args()
    with installed() as folder:
        if folder is None:
            print("PouchDB cannot be installed here: Node, npm or its registry is missing.")
            return 1
        print(one_round(folder, options.records, batch=options.batch, outage=options.outage))
    return 0


if __name__ == "__main__":
    sys.exit(main())
