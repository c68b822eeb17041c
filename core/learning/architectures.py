"""The networks that can be trained, by name: what they are made of and how they are fitted."""

from typing import Literal

import msgspec

from core.errors import Refused


class BranchPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One chain of dense layers over the call's features; without hidden layers it is a linear model."""

    hidden: tuple[int, ...] = ()
    dropout: float = 0.0
    l2: float = 0.0
    """On every kernel, beside `strength`."""
    reads: Literal["sequences", "meanings"] = "sequences"
    """What the first layer sees of the text: the sequences themselves, or the sum of the words' meanings."""
    strength: float = 0.0
    """C of a logistic regression: adds |w|^2 / (2 C n) to the mean loss; 0 adds nothing."""
    tab: float = 1.0
    """What the tab columns are multiplied with; 0 leaves them out."""
    by: str = ""
    """A number field by which the text's weights may change; how far and how quickly: `sway`, `reach`."""
    sway: float = 0.5
    """Prior variance of what changes, where that of what stays is 1."""
    reach: float = 20.0
    """Standard deviation of the Gaussian kernel, in the field's unit."""


class Architecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A network and its fitting."""

    name: str
    branches: tuple[BranchPlan, ...]
    fit: Literal["whole", "batches"]
    """Whole: L-BFGS over all rows until it stands still, for convex networks. Batches: Adam with early stopping."""
    meanings: float = 1.0
    """What the sum of meanings is multiplied with, where a branch reads them."""
    epochs: int = 60
    patience: int = 6
    batch: int = 64
    rate: float = 1e-3
    words: int = 2
    letters: tuple[int, int] = (3, 5)
    letters_weight: float = 1.0
    seen_in: int = 2
    """In how many calls a sequence of words must be found; one more is asked of letters."""


WIDE = Architecture(
    name="wide",
    branches=(BranchPlan(strength=0.5),),
    fit="whole",
)
"""Words, word pairs and letter sequences with a weight each: a logistic regression, exactly fitted."""

WIDE_MEANINGS = Architecture(
    name="wide-meanings",
    branches=(
        BranchPlan(strength=0.5),
        BranchPlan(strength=0.5, by="age", tab=0.0),
        BranchPlan(strength=0.5, reads="meanings", tab=0.0),
        BranchPlan(strength=0.5, reads="meanings", by="age", tab=0.0),
    ),
    fit="whole",
    letters_weight=0.7,
)
"""As `wide`; besides words weigh by what they mean, so that one never seen in training still says something, and all
weights change smoothly with age: a fall at 85 is another one than at 8."""

REFERENCE_64_64 = Architecture(
    name="reference-64-64",
    branches=(BranchPlan(hidden=(64, 64)),),
    fit="batches",
)

REFERENCE_128_64_32 = Architecture(
    name="reference-128-64-32",
    branches=(BranchPlan(hidden=(128, 64, 32), dropout=0.3, l2=0.001),),
    fit="batches",
)

ARCHITECTURES = {each.name: each for each in (WIDE_MEANINGS, WIDE, REFERENCE_64_64, REFERENCE_128_64_32)}
BEST = WIDE_MEANINGS.name


def architecture(name: str) -> Architecture:
    """The architecture of that name. Raises Refused when there is none."""
    if name not in ARCHITECTURES:
        raise Refused(f"There is no architecture “{name}”; there are {', '.join(ARCHITECTURES)}.", "Nothing was done.")
    return ARCHITECTURES[name]
