"""A teacher who sees what a call-taker cannot, such as vital signs taken later, and marks each call more finely.

The label says only what one expert chose; the teacher's probabilities say how near a thing it was (learning with
privileged information: Vapnik 2009; Lopez-Paz 2016). Every call is marked by a teacher that did not see its label.
"""

import numpy as np

from core.learning.examples import Examples, Rows
from core.learning.material import Material
from core.learning.splits import stratified_folds
from core.learning.table import is_blank
from core.severity.features import Weights

FOLDS = 5
MOST_OF_A_COLUMN = 400


def soft_targets(examples: Examples, material: Material, share: float, seed: int) -> Weights:
    """Targets float32 (n, classes): the label, mixed with `share` of the teacher's probabilities where there is one."""
    hard = np.eye(len(examples.classes), dtype=np.float32)[examples.labels]
    if share <= 0 or not examples.beside:
        return hard
    told = np.zeros_like(hard)
    for rows, others in stratified_folds(examples.labels, FOLDS, seed):
        told[others] = _taught(examples, material, rows, others)
    mixed: Weights = ((1 - share) * hard + share * told).astype(np.float32)
    return mixed


def _taught(examples: Examples, material: Material, rows: Rows, others: Rows) -> Weights:
    """A teacher of these rows marks the others: logistic regression on the call and all that was known later."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    both = np.concatenate([rows, others])
    blocks = [material.sparse(int(material.ids.max(initial=0)) + 1), csr_matrix(material.tab)]
    blocks += [_column(column, rows) for column in examples.beside.values()]
    features = hstack(blocks).tocsr()
    teacher = LogisticRegression(C=0.7, max_iter=120, tol=3e-3).fit(features[rows], examples.labels[rows])
    told = np.zeros((len(others), len(examples.classes)), np.float32)
    told[:, teacher.classes_] = teacher.predict_proba(features[both[len(rows) :]])
    return told


def _column(cells: tuple[str, ...], rows: Rows) -> "object":
    """A column for the teacher: a number as broken lines by its quartiles, words as letter sequences or choices."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    numbers = np.array([_number(cell) for cell in cells])
    if np.isfinite(numbers).mean() > 0.5:
        return csr_matrix(_ramps(numbers, rows))
    if len(set(cells)) > MOST_OF_A_COLUMN // 10:
        reader = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True)
        reader.fit([cells[i] for i in rows])
        return reader.transform(cells)
    words = sorted(set(cells))
    return csr_matrix(np.array([[cell == word for word in words] for cell in cells], np.float32))


def _ramps(numbers: np.ndarray, rows: Rows) -> np.ndarray:
    known = numbers[rows][np.isfinite(numbers[rows])]
    knots = np.unique(np.quantile(known, [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]))
    low, high = knots[:-1], knots[1:]
    filled = np.where(np.isfinite(numbers), numbers, np.median(known))
    ramps = np.clip((filled[:, None] - low) / (high - low), 0, 1)
    return np.column_stack([ramps, ~np.isfinite(numbers)]).astype(np.float32)


def _number(cell: str) -> float:
    try:
        return float("nan") if is_blank(cell) else float(cell.replace(",", "."))
    except ValueError:
        return float("nan")
