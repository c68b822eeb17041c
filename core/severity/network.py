"""The severity network in plain NumPy: the exported core's numbers on machines that LiteRT has no wheel for.

A core is one or more branches over the call's features; a branch is a chain of dense layers whose first one reads the
weighted sum of the ids' rows beside the tab columns. The core's logits are the sum of the branches' logits. In a gated
branch the tab columns say how much each column of that sum counts, so that words weigh by age.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.severity.features import Ids, Weights

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Branch:
    """One chain: `text` (vocabulary, h0), `tab` (tab width, h0), `bias` (h0,), then dense layers; ReLU between them."""

    text: Array
    tab: Array
    bias: Array
    dense: tuple[tuple[Array, Array], ...] = ()
    """Kernel (h, h') and bias (h',) of each later layer; the last gives one logit for each class."""
    gate: tuple[Array, Array] | None = None
    """Kernel (tab width, h0) and bias (h0,): the text's sum is multiplied with tab @ kernel + bias; no ReLU follows."""

    def __call__(self, ids: Ids, weights: Weights, tab: Weights) -> Array:
        """Logits (classes,) of one call: ids and weights (length,), tab (tab width,)."""
        known = ids > 0
        text = weights[known] @ self.text[ids[known]]
        if self.gate is not None:
            text = text * (tab @ self.gate[0] + self.gate[1])
        value: Array = (text + tab @ self.tab + self.bias).astype(np.float32)
        for i, (kernel, bias) in enumerate(self.dense):
            value = (value if self.gate is not None and i == 0 else np.maximum(value, 0.0)) @ kernel + bias
        return value


@dataclass(frozen=True, slots=True)
class NumpyCore:
    """The branches together."""

    branches: tuple[Branch, ...]

    def __call__(self, ids: Ids, weights: Weights, tab: Weights) -> Array:
        """Logits (classes,), before calibration."""
        total = self.branches[0](ids, weights, tab)
        for branch in self.branches[1:]:
            total = total + branch(ids, weights, tab)
        return total


def to_arrays(core: NumpyCore) -> dict[str, Array]:
    """The core as named arrays for an .npz: "0.text", "0.tab", "0.bias", "0.kernel1", "0.bias1", ..., "1.text", ..."""
    arrays: dict[str, Array] = {}
    for i, branch in enumerate(core.branches):
        arrays |= {f"{i}.text": branch.text, f"{i}.tab": branch.tab, f"{i}.bias": branch.bias}
        if branch.gate is not None:
            arrays |= {f"{i}.gate": branch.gate[0], f"{i}.gate bias": branch.gate[1]}
        for j, (kernel, bias) in enumerate(branch.dense, start=1):
            arrays |= {f"{i}.kernel{j}": kernel, f"{i}.bias{j}": bias}
    return arrays


def from_arrays(arrays: Mapping[str, Array]) -> NumpyCore:
    """The core from its named arrays (kept as float32 whatever they were stored as).

    Raises KeyError when one is missing, ValueError when their shapes do not fit one another.
    """
    branches: list[Branch] = []
    while f"{len(branches)}.text" in arrays:
        branches.append(_branch(arrays, len(branches)))
    if not branches:
        msg = "0.text"
        raise KeyError(msg)
    return NumpyCore(tuple(branches))


def _branch(arrays: Mapping[str, Array], i: int) -> Branch:
    def take(name: str) -> Array:
        return np.asarray(arrays[f"{i}.{name}"], np.float32)

    text, tab, bias = take("text"), take("tab"), take("bias")
    dense: list[tuple[Array, Array]] = []
    width = bias.shape[0]
    if text.shape[1:] != (width,) or tab.shape[1:] != (width,):
        msg = f"the first layer of branch {i} does not fit together"
        raise ValueError(msg)
    gate = (take("gate"), take("gate bias")) if f"{i}.gate" in arrays else None
    if gate is not None and (gate[0].shape != tab.shape or gate[1].shape != bias.shape):
        msg = f"the gate of branch {i} does not fit its first layer"
        raise ValueError(msg)
    while f"{i}.kernel{len(dense) + 1}" in arrays:
        kernel, later_bias = take(f"kernel{len(dense) + 1}"), take(f"bias{len(dense) + 1}")
        if kernel.shape != (width, later_bias.shape[0]):
            msg = f"layer {len(dense) + 1} of branch {i} does not fit the one before it"
            raise ValueError(msg)
        width = later_bias.shape[0]
        dense.append((kernel, later_bias))
    return Branch(text, tab, bias, tuple(dense), gate)
