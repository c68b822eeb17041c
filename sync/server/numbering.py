"""Each desk's own numbering: how far it is whole, what came before its turn, and whether two disks share one name."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.merge.chain import FIRST_LINK
from core.merge.run import Run, hashes

Standing = Literal["new", "known", "cloned"]


@dataclass(slots=True)
class Chain:
    """Numbers 1 to `length` are there and end in the hash `head`; `top` is the highest number of all."""

    length: int = 0
    head: bytes = FIRST_LINK
    top: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A run that is in the log. `read` gives it whole; asked only where numbers overlap otherwise than as a repeat."""

    first_n: int
    last_n: int
    prev_hash: bytes
    head: bytes
    read: Callable[[], Run]


class Numbering:
    """Made from the chains of a batch's desks and the spans near its runs and beyond the chains' lengths."""

    def __init__(self, chains: dict[str, Chain], spans: Iterable[tuple[str, Span]]) -> None:
        self._chains = chains
        self._spans: dict[str, list[Span]] = {}
        for desk, span in spans:
            self._spans.setdefault(desk, []).append(span)
        self.changed: dict[str, Chain] = {}

    def compare(self, run: Run, run_hashes: Sequence[bytes]) -> Standing:
        """Whether the log has all of the run's numbers, or under one of them something else."""
        first_n, last_n, head = run.first_n, run.first_n + len(run_hashes) - 1, run_hashes[-1]
        seen: set[int] = set()
        for span in self._spans.get(run.desk, ()):
            if (span.first_n, span.last_n) == (first_n, last_n):
                return "known" if span.head == head else "cloned"
            if span.last_n == first_n - 1 and span.head != run.prev_hash:
                return "cloned"
            if span.first_n == last_n + 1 and span.prev_hash != head:
                return "cloned"
            if span.first_n <= last_n and span.last_n >= first_n:
                stored = dict(enumerate(hashes(span.read()), span.first_n))
                common = range(max(first_n, span.first_n), min(last_n, span.last_n) + 1)
                if any(stored[n] != run_hashes[n - first_n] for n in common):
                    return "cloned"
                seen.update(common)
        chain = self._chains.get(run.desk)
        if chain is not None and chain.length == first_n - 1 and chain.head != run.prev_hash:
            return "cloned"
        return "known" if len(seen) == len(run_hashes) else "new"

    def take(self, run: Run, run_hashes: Sequence[bytes]) -> None:
        """Count a run that is being written."""
        last_n = run.first_n + len(run_hashes) - 1
        spans = self._spans.setdefault(run.desk, [])
        spans.append(Span(run.first_n, last_n, run.prev_hash, run_hashes[-1], lambda: run))
        chain = self._chains.setdefault(run.desk, Chain())
        chain.top = max(chain.top, last_n)
        if run.first_n <= chain.length + 1:
            _advance(chain, spans)
        self.changed[run.desk] = chain


def _advance(chain: Chain, spans: Iterable[Span]) -> None:
    """Close the gap: the run that came now, then those that had come before their turn."""
    for span in sorted(spans, key=lambda span: span.first_n):
        if span.first_n <= chain.length + 1 and span.last_n > chain.length:
            chain.length, chain.head = span.last_n, span.head
