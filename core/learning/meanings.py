"""What words mean, as short vectors learned elsewhere: words that are close have vectors that are close.

The file holds the token table of all-MiniLM-L6-v2 (Apache-2.0), reduced to its first principal components and to a byte
each; `packaging/word_meanings.py` makes it. A word that is no token is the mean of the longest tokens it is made of.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import Unavailable
from core.severity.features import FeatureSpec, Weights


@dataclass(frozen=True, slots=True)
class Meanings:
    """`vectors` int8 (tokens, width), each about 127 long; tokens that continue a word begin with "##"."""

    rows: dict[str, int]
    vectors: np.ndarray
    common: tuple[str, ...]
    """Whole words, the commonest first."""

    @property
    def width(self) -> int:
        """How many numbers a meaning has."""
        return int(self.vectors.shape[1])

    def of(self, word: str) -> Weights:
        """The word's vector, float32 (width,), of length 1, or zeros for one that cannot be put together."""
        rows = self._pieces(word)
        if not rows:
            return np.zeros(self.width, np.float32)
        pieces = self.vectors[rows].astype(np.float32)
        mean = (pieces / np.linalg.norm(pieces, axis=1, keepdims=True)).mean(axis=0)
        result: Weights = (mean / max(float(np.linalg.norm(mean)), 1e-6)).astype(np.float32)
        return result

    def table(self, spec: FeatureSpec) -> Weights:
        """A row for each id of the spec's vocabulary, zeros for all that is not a single word.

        The mean of the words that training saw is taken away: what all calls share tells them apart least.
        """
        table = np.zeros((len(spec.grams) + 1, self.width), np.float32)
        words = [i for i, gram in enumerate(spec.grams, start=1) if gram.startswith("w:")]
        table[words] = [self.of(spec.grams[i - 1][2:]) for i in words] or np.zeros((0, self.width))
        there = [i for i in words if table[i].any()]
        rarest = max(spec.rarity, default=0.0)
        seen = [i for i in there if spec.rarity[i - 1] < rarest] or there
        if there:
            table[there] -= table[seen].mean(axis=0)
            table[there] /= np.maximum(np.linalg.norm(table[there], axis=1, keepdims=True), 1e-6)
        return table

    def _pieces(self, word: str) -> list[int]:
        """Longest match first, as WordPiece does (Wu 2016); [] when a rest matches nothing."""
        rows, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                row = self.rows.get(("##" if start else "") + word[start:end])
                if row is not None:
                    break
            else:
                return []
            rows.append(row)
            start = end
        return rows


def read_meanings(path: Path) -> Meanings:
    """The meanings of a file with the arrays `tokens` (bytes, one a line) and `vectors`. Raises Unavailable."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            tokens, vectors = bytes(arrays["tokens"]).decode().split("\n"), arrays["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise Unavailable(f"The meanings of words in {path.name} cannot be read: {error}.") from error
    if vectors.ndim != 2 or len(tokens) != len(vectors):
        raise Unavailable(f"The meanings of words in {path.name} do not fit together.")
    common = tuple(token for token in tokens if not token.startswith("##"))
    return Meanings({token: row for row, token in enumerate(tokens)}, vectors, common)
