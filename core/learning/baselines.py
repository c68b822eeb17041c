"""What a model must beat, on the same calls: the commonest class, the type's usual class, two models of scikit-learn.

scikit-learn is imported inside functions: only training and evaluation need it.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from core.learning.examples import Examples
from core.learning.metrics import Floats
from core.severity.features import CallFacts, choice_word

MAJORITY, TYPE_DEFAULT, LOGISTIC, BOOSTING = "majority", "type default", "TF-IDF logistic regression", "boosted trees"
Predict = Callable[[Examples], Floats]
SMOOTHING = 5.0


def fit_baselines(train: Examples, *, strength: float = 1.0, letters: tuple[int, int] = (3, 5)) -> dict[str, Predict]:
    """By name: from examples to probabilities (n, classes)."""
    readers = _Readers(train, letters)
    return {
        MAJORITY: _majority(train),
        TYPE_DEFAULT: _type_default(train),
        LOGISTIC: logistic(train, readers, strength),
        BOOSTING: boosting(train, readers),
    }


def _majority(train: Examples) -> Predict:
    shares = np.bincount(train.labels, minlength=len(train.classes)) / len(train)
    return lambda examples: np.tile(shares, (len(examples), 1))


def _type_default(train: Examples) -> Predict:
    """How often each class came with the type, drawn towards how often it comes at all."""
    shares = np.bincount(train.labels, minlength=len(train.classes)) / len(train)
    counts: dict[str, np.ndarray] = {}
    for group, label in zip(train.groups, train.labels, strict=True):
        counts.setdefault(group, np.zeros(len(train.classes)))[label] += 1
    told = {group: (n + SMOOTHING * shares) / (n.sum() + SMOOTHING) for group, n in counts.items()}
    return lambda examples: np.array([told.get(group, shares) for group in examples.groups])


class _Readers:
    """TF-IDF of words and letters, and the fields as plain columns, as a good first try would have them."""

    def __init__(self, train: Examples, letters: tuple[int, int]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        few = len(train) < 3000
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2 if few else 3, sublinear_tf=True)
        chars = TfidfVectorizer(
            analyzer="char_wb", ngram_range=letters, min_df=2 if few else 5, sublinear_tf=True, max_features=60_000
        )
        texts = [call.text for call in train.calls]
        self._readers = [each.fit(texts) for each in (words, chars)]
        self._choices = _choices(train)
        self._numbers = sorted({name for call in train.calls for name in call.fields} - set(self._choices))

    def text(self, examples: Examples) -> Any:
        """Sparse (n, sequences)."""
        from scipy.sparse import hstack

        texts = [call.text for call in examples.calls]
        return hstack([each.transform(texts) for each in self._readers]).tocsr()

    def tab(self, examples: Examples) -> Floats:
        """Columns (n, k): each number over 100 with steps of age, each choice."""
        return np.array([self._row(call) for call in examples.calls])

    def _row(self, call: CallFacts) -> list[float]:
        row: list[float] = []
        for name in self._numbers:
            value = float(np.nan_to_num(_number(call.fields.get(name))))
            row += [value / (100 if name == "age" else 10)]
            if name == "age":
                row += [float(value < 2), float(value >= 65), float(value >= 80)]
        for name, words in self._choices.items():
            word = choice_word(call.fields.get(name))
            row += [float(word == each) for each in words]
        return row


def logistic(train: Examples, readers: _Readers, strength: float) -> Predict:
    """Multinomial logistic regression with C = `strength` on TF-IDF and columns."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    def features(examples: Examples) -> Any:
        return hstack([readers.text(examples), csr_matrix(readers.tab(examples))]).tocsr()

    model = LogisticRegression(C=strength, max_iter=3000).fit(features(train), train.labels)
    return lambda examples: _spread(model.predict_proba(features(examples)), model.classes_, len(train.classes))


def boosting(train: Examples, readers: _Readers) -> Predict:
    """Histogram gradient boosting on 50 to 100 singular components of the TF-IDF and the columns."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.ensemble import HistGradientBoostingClassifier

    reduce = TruncatedSVD(50 if len(train) < 3000 else 100, random_state=0).fit(readers.text(train))

    def features(examples: Examples) -> Floats:
        return np.hstack([reduce.transform(readers.text(examples)), readers.tab(examples)])

    model = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=15, max_features=0.4, random_state=0
    ).fit(features(train), train.labels)
    return lambda examples: _spread(model.predict_proba(features(examples)), model.classes_, len(train.classes))


def _spread(told: Floats, classes: np.ndarray, width: int) -> Floats:
    """Columns for classes that the training part did not hold are zeros."""
    out = np.zeros((len(told), width))
    out[:, classes] = told
    return out


def _choices(train: Examples) -> dict[str, tuple[str, ...]]:
    """Fields whose values are not mostly numbers, with their commonest words."""
    found = {}
    for name in sorted({name for call in train.calls for name in call.fields}):
        words = [choice_word(call.fields.get(name)) for call in train.calls]
        known = [word for word in words if word]
        if known and np.mean([np.isfinite(_number(word)) for word in known]) < 0.5:
            found[name] = tuple(word for word, n in Counter(known).most_common(10) if n >= 5)
    return found


def _number(value: object) -> float:
    try:
        return float(str(value)) if value not in (None, "") else 0.0
    except ValueError:
        return float("nan")
