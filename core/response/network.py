"""The response-time network in NumPy: small enough that the desk needs no framework for it.

Each member: embeddings of the ids beside the numbers, dense layers with swish, and for each target a median and a step
up from it to the ninth decile (softplus, so that they never cross); all in log seconds. Members are averaged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Member:
    """`tables`: one (vocabulary, width) for each id column; `layers`: (weights, bias), the last gives 2 a target."""

    tables: tuple[Floats, ...]
    layers: tuple[tuple[Floats, Floats], ...]

    def __call__(self, ids: NDArray[np.int32], numbers: Floats) -> Floats:
        """(n, targets, 2): the median and the ninth decile."""
        x = np.concatenate([*(table[ids[:, at]] for at, table in enumerate(self.tables)), numbers], axis=1)
        for weights, bias in self.layers[:-1]:
            x = swish(x @ weights + bias)
        weights, bias = self.layers[-1]
        out = (x @ weights + bias).reshape(len(ids), -1, 2)
        out[:, :, 1] = out[:, :, 0] + np.logaddexp(np.float32(0.0), out[:, :, 1])
        return out


@dataclass(frozen=True, slots=True)
class Network:
    members: tuple[Member, ...]

    def __call__(self, ids: NDArray[np.int32], numbers: Floats) -> Floats:
        """(n, targets, 2), float32, over the targets' offsets in log seconds."""
        answers: Floats = np.mean([member(ids, numbers) for member in self.members], axis=0, dtype=np.float32)
        return answers


def swish(x: Floats) -> Floats:
    """The product of x and sigmoid(x), without overflow at either end."""
    activated: Floats = x * (np.float32(0.5) * (np.float32(1.0) + np.tanh(np.float32(0.5) * x)))
    return activated


def to_arrays(network: Network) -> dict[str, Floats]:
    """By name, as they stand in the model file."""
    arrays: dict[str, Floats] = {}
    for m, member in enumerate(network.members):
        arrays |= {f"m{m}_table{at}": table for at, table in enumerate(member.tables)}
        for at, (weights, bias) in enumerate(member.layers):
            arrays |= {f"m{m}_weights{at}": weights, f"m{m}_bias{at}": bias}
    return arrays


def from_arrays(arrays: Mapping[str, Floats]) -> Network:
    """Raises ValueError where an array is missing or does not fit the one before it."""
    members: list[Member] = []
    while f"m{len(members)}_table0" in arrays:
        begin = f"m{len(members)}_"
        tables = _numbered(arrays, f"{begin}table")
        weights, biases = _numbered(arrays, f"{begin}weights"), _numbered(arrays, f"{begin}bias")
        if not weights or len(weights) != len(biases):
            raise ValueError("the network has no layers, or not as many biases as weights")
        for (a, b), bias in zip(pairwise(weights), biases, strict=False):
            if a.shape[1] != b.shape[0] or bias.shape != (a.shape[1],):
                raise ValueError("the network's layers do not fit each other")
        members.append(Member(tables, tuple(zip(weights, biases, strict=True))))
    if not members:
        raise ValueError("the network has no member")
    return Network(tuple(members))


def _numbered(arrays: Mapping[str, Floats], stem: str) -> tuple[Floats, ...]:
    found: list[Floats] = []
    while (name := f"{stem}{len(found)}") in arrays:
        array = arrays[name].astype(np.float32)
        if not np.isfinite(array).all():
            raise ValueError(f"the network's {name} is not all numbers")
        found.append(array)
    return tuple(found)
