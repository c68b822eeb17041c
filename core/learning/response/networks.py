"""The network that is trained: Keras, in a child process only, with the pinball loss of both quantiles at once."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.response.journeys import Floats, Inputs
from core.response.network import Member

if TYPE_CHECKING:
    import keras

Progress = Callable[[float, str], None]
QUANTILES = (0.5, 0.9)
_PATIENCE = 2
_COMPARED, _MOST_GAP = 512, 1e-5


@dataclass(frozen=True, slots=True)
class Settings:
    """How a member is trained; the defaults are what NYC's validation months chose."""

    hidden: tuple[int, ...] = (128, 64)
    embedding: int = 8
    dropout: float = 0.1
    l2: float = 1e-5
    rate: float = 2e-3
    batch: int = 512
    epochs: int = 6
    members: int = 2
    forget: float = 0.1  # of the words in training are taken for unknown: agencies rename their areas overnight

    @property
    def words(self) -> str:
        """For the card."""
        return (
            f"{self.members} x embeddings {self.embedding}, {'-'.join(map(str, self.hidden))}, dropout {self.dropout}"
        )


def train_member(
    inputs: Inputs,
    logs: Floats,
    stop: tuple[Inputs, Floats],
    vocabularies: Sequence[int],
    strange: NDArray[np.float32],
    settings: Settings,
    seed: int,
    progress: Progress,
) -> Member:
    """One network from ids and numbers to `logs` (n, targets), log seconds over the offsets, NaN where unknown.

    `strange` (words,) are the numbers that words which are not known have; they are the last of `inputs[1]`.
    Training ends when the loss on `stop` has not fallen for two rounds; the best round's weights are kept.
    """
    keras = _keras(seed)
    model = _build(keras, inputs, vocabularies, logs.shape[1], settings)
    steps = max(1, len(logs) // settings.batch) * settings.epochs
    rate = keras.optimizers.schedules.CosineDecay(settings.rate, steps)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-4), _pinball(keras))
    rng, filled = np.random.default_rng(seed), _filled(logs)
    best, waited, weights = np.inf, 0, model.get_weights()
    for epoch in range(settings.epochs):
        order = rng.permutation(len(logs))
        seen = _forgetful((inputs[0][order], inputs[1][order]), strange, settings.forget, rng)
        model.fit(list(seen), filled[order], batch_size=settings.batch, epochs=1, shuffle=False, verbose=0)
        loss = float(model.evaluate(list(stop[0]), _filled(stop[1]), batch_size=8192, verbose=0))
        progress((epoch + 1) / settings.epochs, f"round {epoch + 1} of {settings.epochs}, loss {loss:.4f}")
        if not np.isfinite(loss):
            raise FloatingPointError("the loss of the response-time network is not a number")
        if loss < best:
            best, waited, weights = loss, 0, model.get_weights()
        else:
            waited += 1
            if waited >= _PATIENCE:
                break
    model.set_weights(weights)
    member = _exported(model, len(vocabularies))
    _check_equal(model, member, stop[0])
    return member


def _keras(seed: int) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import keras
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
    return keras


def _build(keras: Any, inputs: Inputs, vocabularies: Sequence[int], targets: int, settings: Settings) -> "keras.Model":
    layers = keras.layers
    ids = layers.Input((inputs[0].shape[1],), dtype="int32", name="ids")
    numbers = layers.Input((inputs[1].shape[1],), name="numbers")
    parts = []
    for at, words in enumerate(vocabularies):
        width = int(min(settings.embedding, max(2, words // 2)))
        table = layers.Embedding(
            words, width, embeddings_regularizer=keras.regularizers.L2(settings.l2), name=f"table{at}"
        )
        parts.append(table(ids[:, at]))
    x = layers.Dropout(settings.dropout)(layers.Concatenate()([*parts, numbers]))
    for at, width in enumerate(settings.hidden):
        x = layers.Dropout(settings.dropout)(layers.Dense(width, activation="swish", name=f"dense{at}")(x))
    x = layers.Dense(2 * targets, kernel_initializer="zeros", name=f"dense{len(settings.hidden)}")(x)
    out = layers.Reshape((targets, 2))(x)
    return keras.Model([ids, numbers], out)


def _pinball(keras: Any) -> Any:
    """Mean over rows and targets of both quantiles' pinball losses; unknown times (their mark: -1000) do not count."""
    ops = keras.ops

    def loss(truth: Any, out: Any) -> Any:
        known = ops.cast(truth > -999.0, "float32")
        median = out[:, :, 0]
        most = median + ops.softplus(out[:, :, 1])
        total = 0.0
        for answer, share in ((median, QUANTILES[0]), (most, QUANTILES[1])):
            gap = (truth - answer) * known
            total += ops.maximum(share * gap, (share - 1.0) * gap)
        return ops.sum(total) / ops.maximum(ops.sum(known), 1.0)

    return loss


def _filled(logs: Floats) -> NDArray[np.float32]:
    return np.where(np.isfinite(logs), logs, -1000.0).astype(np.float32)


def _forgetful(
    inputs: Inputs, strange: NDArray[np.float32], share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The inputs with some of their words taken for unknown."""
    ids, numbers = inputs[0].copy(), inputs[1].copy()
    words = len(strange)
    forgotten = rng.random((len(ids), words)) < share
    ids[:, :words][forgotten] = 0
    effects = numbers[:, numbers.shape[1] - words :]
    effects[forgotten] = np.broadcast_to(strange, effects.shape)[forgotten]
    return ids, numbers


def _exported(model: Any, tables: int) -> Member:
    """The same network for NumPy."""
    embeddings = tuple(np.asarray(model.get_layer(f"table{at}").get_weights()[0]) for at in range(tables))
    dense = [layer for layer in model.layers if layer.name.startswith("dense")]
    return Member(
        embeddings, tuple((np.asarray(w), np.asarray(b)) for w, b in (layer.get_weights() for layer in dense))
    )


def _check_equal(model: Any, member: Member, inputs: Inputs) -> None:
    """The desk runs the NumPy network: it must say what Keras says."""
    few = inputs[0][:_COMPARED], inputs[1][:_COMPARED]
    gap = float(np.abs(_keras_answers(model, few) - member(*few)).max())
    if not gap < _MOST_GAP:
        raise FloatingPointError(f"the exported network differs from Keras by {gap:.2g} log seconds")


def _keras_answers(model: Any, inputs: Inputs) -> Floats:
    """What Keras itself says: (n, targets, 2)."""
    out = np.asarray(model.predict(list(inputs), batch_size=8192, verbose=0), float)
    out[:, :, 1] = out[:, :, 0] + np.logaddexp(0.0, out[:, :, 1])
    return out
