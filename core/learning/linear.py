"""What is particular to linear branches: weights that change smoothly with a field, and many branches made one."""

from collections.abc import Sequence

import numpy as np

from core.learning.architectures import BranchPlan
from core.severity.features import CallField, NumberField, Weights
from core.severity.network import Branch

KEPT = 0.98
"""Of the kernel's trace over the field's knots."""


def waves(plan: BranchPlan, fields: Sequence[CallField]) -> tuple[Weights, Weights]:
    """Kernel (tab width, m) and bias (m,) that turn tab columns into m functions of the field `plan.by`.

    Their products sum to sway * exp(-(a - b)^2 / (2 reach^2)) at the knots, and run straight between them (Nystroem:
    Williams and Seeger 2001): weights with one prior for each function are weights with a Gaussian process prior over
    the field. Where the field is not known the functions take their mean over the knots.
    """
    at, field = 1, None
    for each in fields:
        if each.name == plan.by and isinstance(each, NumberField):
            field = each
            break
        at += each.width
    if field is None:
        msg = f"there is no number field {plan.by}"
        raise ValueError(msg)
    knots = np.array(field.knots)
    kernel = plan.sway * np.exp(-((knots[:, None] - knots) ** 2) / (2 * plan.reach**2))
    sizes, axes = np.linalg.eigh(kernel)
    order = np.argsort(-sizes)
    kept = int(np.searchsorted(np.cumsum(sizes[order]) / sizes.sum(), KEPT)) + 1
    values = axes[:, order[:kept]] * np.sqrt(sizes[order[:kept]])
    width = 1 + sum(each.width for each in fields)
    columns = np.zeros((width, kept), np.float32)
    columns[at : at + len(knots) - 1] = np.diff(values, axis=0)
    columns[at + len(knots) - 1] = values.mean(axis=0) - values[0]
    return columns, values[0].astype(np.float32)


def is_linear(branch: Branch) -> bool:
    """Whether the branch's logits are linear in the text."""
    return not branch.dense or (branch.gate is not None and len(branch.dense) == 1)


def joined(branches: Sequence[Branch], share: float) -> Branch:
    """One gated branch whose logits are `share` times the sum of these, up to a constant that softmax takes away.

    Its text columns are, for each function of the field (the first is 1), the classes but the last one.
    """
    plain = [branch for branch in branches if branch.gate is None]
    gated = [branch for branch in branches if branch.gate is not None]
    rows, columns, classes = branches[0].text.shape[0], branches[0].tab.shape[0], _classes(branches[0])
    free = classes - 1
    texts = [sum((_but_last(branch.text) for branch in plain), np.zeros((rows, free)))]
    kernels, biases = [np.zeros((columns, free))], [np.ones(free)]
    for group in _alike(gated):
        kernel, start = group[0].gate or (np.zeros(0), np.zeros(0))
        step = _columns_of_a_wave(group[0])
        told = group[0].dense[0][0][:step]
        both = np.sum([branch.text for branch in group], axis=0).reshape(rows, len(start) // step, step)
        texts.append(_but_last(both @ told).reshape(rows, -1))
        kernels.append(np.repeat(kernel[:, ::step], free, axis=1))
        biases.append(np.repeat(start[::step], free))
    whole = np.concatenate(texts, axis=1).astype(np.float32) * np.float32(share)
    tab, bias = np.zeros((columns, whole.shape[1]), np.float32), np.zeros(whole.shape[1], np.float32)
    tab[:, :free] = sum((_but_last(branch.tab) for branch in plain), np.zeros((columns, free))) * share
    bias[:free] = sum((_but_last(branch.bias) for branch in plain), np.zeros(free)) * share
    total = np.tile(np.eye(free, classes), (whole.shape[1] // free, 1)).astype(np.float32)
    gate = (np.concatenate(kernels, axis=1).astype(np.float32), np.concatenate(biases).astype(np.float32))
    return Branch(whole, tab, bias, ((total, np.zeros(classes, np.float32)),), gate)


def _columns_of_a_wave(branch: Branch) -> int:
    """How many columns of a gated branch share one function of the field: the classes that were learned."""
    total = branch.dense[0][0]
    return int(np.count_nonzero(total.any(axis=0)))


def _classes(branch: Branch) -> int:
    return int((branch.dense[-1][1] if branch.dense else branch.bias).shape[0])


def _but_last(array: np.ndarray) -> np.ndarray:
    rest: np.ndarray = array[..., :-1] - array[..., -1:]
    return rest


def _alike(branches: Sequence[Branch]) -> list[list[Branch]]:
    """Branches with the same gate together: their texts may be added."""
    groups: list[list[Branch]] = []
    for branch in branches:
        same = (group for group in groups if _same_gate(group[0], branch))
        found = next(same, None)
        if found is None:
            groups.append([branch])
        else:
            found.append(branch)
    return groups


def _same_gate(one: Branch, other: Branch) -> bool:
    if one.gate is None or other.gate is None or one.gate[0].shape != other.gate[0].shape:
        return False
    return all(bool(np.allclose(a, b)) for a, b in zip(one.gate, other.gate, strict=True))
