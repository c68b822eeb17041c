"""The Keras networks: built, fitted and exported. TensorFlow is imported inside functions, which only a child calls."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from core.learning.architectures import Architecture, BranchPlan
from core.learning.material import Material
from core.learning.metrics import Floats
from core.severity.features import Weights
from core.severity.network import Branch, NumpyCore

Tell = Callable[[str], None]
MOST_ROUNDS = 300


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a network learns from: `targets` float32 (n, classes), rows that sum to 1."""

    material: Material
    targets: Weights
    meanings: Weights | None
    """The vocabulary's meanings (vocabulary, width), for branches that read them."""
    vocabulary: int


def fit(plan: Architecture, lesson: Lesson, stop: Lesson | None, seed: int, tell: Tell) -> NumpyCore:
    """One network, fitted with one seed. `stop` is what early stopping watches; without it all epochs are run."""
    import keras

    keras.utils.set_random_seed(seed)
    strategy = _cluster()
    if strategy is None:
        model = _build(plan, lesson)
        if plan.fit == "whole":
            _fit_whole(model, lesson)
        else:
            _fit_batches(plan, model, lesson, stop, tell)
    else:
        with strategy.scope():
            model = _build(plan, lesson)
        _fit_batches(plan, model, lesson, stop, tell)
    return _network(plan, model, lesson)


def merge(plan: Architecture, networks: Sequence[NumpyCore]) -> NumpyCore:
    """One network whose logits are the mean of these: linear branches become one, others stand beside each other."""
    branches: list[Branch] = []
    share = np.float32(1 / len(networks))
    linear = [i for i, each in enumerate(plan.branches) if not each.hidden]
    if linear:
        parts = [network.branches[i] for network in networks for i in linear]
        text, tab, bias = (sum(getattr(part, name) for part in parts) * share for name in ("text", "tab", "bias"))
        branches.append(Branch(_short(text), _short(tab), _short(bias)))
    for network in networks:
        for i, branch in enumerate(network.branches):
            if i not in linear:
                kernel, bias = branch.dense[-1]
                dense = (*branch.dense[:-1], (kernel * share, bias * share))
                branches.append(
                    Branch(
                        _short(branch.text),
                        _short(branch.tab),
                        _short(branch.bias),
                        tuple((_short(k), _short(b)) for k, b in dense),
                    )
                )
    return NumpyCore(tuple(branches))


def logits_of(network: NumpyCore, material: Material) -> Floats:
    """Logits float64 (n, classes)."""
    rows = zip(material.ids, material.weights, material.tab, strict=True)
    return np.array([network(ids, weights, tab) for ids, weights, tab in rows], np.float64)


def export(network: NumpyCore, length: int) -> bytes:
    """The network as a LiteRT file: ids (1, length), weights (1, length), tab (1, width) -> logits (1, classes)."""
    import keras
    import tensorflow as tf
    from keras import layers

    ids = layers.Input((length,), batch_size=1, dtype="int32", name="ids")
    weights = layers.Input((length,), batch_size=1, dtype="float32", name="weights")
    tab = layers.Input((network.branches[0].tab.shape[0],), batch_size=1, dtype="float32", name="tab")
    sums = [_exported_branch(branch, ids, weights, tab) for branch in network.branches]
    logits = layers.Add()(sums) if len(sums) > 1 else sums[0]
    model = keras.Model([ids, weights, tab], layers.Identity(name="logits")(logits))
    with TemporaryDirectory(prefix="foredesk-export-") as folder:
        saved = str(Path(folder) / "core")
        model.export(saved, verbose=False)
        converted: bytes = tf.lite.TFLiteConverter.from_saved_model(saved).convert()
    return converted


def _exported_branch(branch: Branch, ids: Any, weights: Any, tab: Any) -> Any:
    from keras import layers

    rows = layers.Embedding(*branch.text.shape, weights=[branch.text])(ids)
    text = layers.Dot(axes=1)([weights, rows])
    first = layers.Dense(branch.bias.shape[0])
    first.build(tab.shape)
    first.set_weights([branch.tab, branch.bias])
    value = layers.Add()([text, first(tab)])
    for kernel, bias in branch.dense:
        layer = layers.Dense(bias.shape[0])
        layer.build((1, kernel.shape[0]))
        layer.set_weights([kernel, bias])
        value = layer(layers.ReLU()(value))
    return value


def _short(array: Any) -> Any:
    """Rounded to what half precision holds, so that both files carry the same numbers."""
    return np.asarray(array, np.float32).astype(np.float16).astype(np.float32)


def _cluster() -> Any:
    """The strategy for the cluster that TF_CONFIG names; None on one machine."""
    if not os.environ.get("TF_CONFIG"):
        return None
    import tensorflow as tf

    return tf.distribute.MultiWorkerMirroredStrategy()


def _build(plan: Architecture, lesson: Lesson) -> Any:
    import keras
    from keras import layers

    material = lesson.material
    inputs = {
        "ids": layers.Input((material.ids.shape[1],), dtype="int32", name="ids"),
        "weights": layers.Input((material.ids.shape[1],), name="weights"),
        "tab": layers.Input((material.tab.shape[1],), name="tab"),
    }
    if lesson.meanings is not None:
        inputs["meanings"] = layers.Input((lesson.meanings.shape[1],), name="meanings")
    sums = [_branch(i, each, lesson, inputs) for i, each in enumerate(_branches(plan, lesson))]
    logits = layers.Add()(sums) if len(sums) > 1 else sums[0]
    model = keras.Model(inputs, logits)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(plan.rate), loss)
    return model


def _branches(plan: Architecture, lesson: Lesson) -> tuple[BranchPlan, ...]:
    """The plan's branches; those that read meanings only where there are some."""
    if lesson.meanings is not None:
        return plan.branches
    return tuple(each for each in plan.branches if each.reads != "meanings")


def _branch(number: int, plan: BranchPlan, lesson: Lesson, inputs: dict[str, Any]) -> Any:
    import keras
    from keras import layers

    classes, rows = lesson.targets.shape[1], len(lesson.material)
    strength = 0.5 / (plan.strength * rows) if plan.strength else 0.0
    penalty = keras.regularizers.L2(plan.l2 + strength) if plan.l2 + strength else None
    widths = (*plan.hidden, classes)
    start = "glorot_uniform" if plan.hidden else "zeros"
    settings = {"kernel_initializer": start, "kernel_regularizer": penalty}
    if plan.reads == "meanings":
        text = layers.Dense(widths[0], use_bias=False, name=f"text{number}", **settings)(inputs["meanings"])
    else:
        table = layers.Embedding(
            lesson.vocabulary,
            widths[0],
            embeddings_initializer=start,
            embeddings_regularizer=penalty,
            name=f"text{number}",
        )
        text = layers.Dot(axes=1)([inputs["weights"], table(inputs["ids"])])
    tab = inputs["tab"] if plan.tab == 1.0 else layers.Rescaling(plan.tab)(inputs["tab"])
    value = layers.Add()([text, layers.Dense(widths[0], name=f"tab{number}", **settings)(tab)])
    for i, width in enumerate(widths[1:], start=1):
        value = layers.Dropout(plan.dropout)(layers.ReLU()(value))
        value = layers.Dense(width, kernel_regularizer=penalty, name=f"dense{number}_{i}")(value)
    return value


def _inputs(lesson: Lesson) -> dict[str, Any]:
    material = lesson.material
    inputs = {"ids": material.ids, "weights": material.weights, "tab": material.tab}
    if lesson.meanings is not None:
        inputs["meanings"] = material.meanings(lesson.meanings)
    return inputs


def _fit_batches(plan: Architecture, model: Any, lesson: Lesson, stop: Lesson | None, tell: Tell) -> None:
    import keras

    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: tell(f"epoch {epoch + 1}, loss {logs.get('val_loss', logs['loss']):.4f}")
    )
    callbacks = [watch]
    if stop is not None:
        callbacks.append(keras.callbacks.EarlyStopping(patience=plan.patience, restore_best_weights=True))
    model.fit(
        _inputs(lesson),
        lesson.targets,
        validation_data=(_inputs(stop), stop.targets) if stop is not None else None,
        epochs=plan.epochs,
        batch_size=plan.batch,
        verbose=0,
        callbacks=callbacks,
    )


def _fit_whole(model: Any, lesson: Lesson) -> None:
    """L-BFGS (Liu and Nocedal 1989) on the penalised mean loss of all rows: TensorFlow differentiates, SciPy steps."""
    import tensorflow as tf
    from scipy.optimize import minimize

    inputs = {name: tf.constant(array) for name, array in _inputs(lesson).items()}
    targets = tf.constant(lesson.targets)
    weights = model.trainable_variables
    shapes = [tuple(each.shape) for each in weights]
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]

    @tf.function
    def slope() -> Any:
        with tf.GradientTape() as tape:
            told = model(inputs, training=True)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, told)) + sum(model.losses)
        found = tape.gradient(loss, [each.value for each in weights])
        return loss, [tf.convert_to_tensor(each) for each in found]

    def measure(x: Floats) -> tuple[float, Floats]:
        for each, part, shape in zip(weights, np.split(x, cuts), shapes, strict=True):
            each.assign(part.reshape(shape).astype(np.float32))
        loss, found = slope()
        return float(loss), np.concatenate([each.numpy().ravel() for each in found]).astype(np.float64)

    start = np.concatenate([each.numpy().ravel() for each in weights]).astype(np.float64)
    found = minimize(measure, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ROUNDS, "ftol": 1e-7})
    measure(found.x)


def _network(plan: Architecture, model: Any, lesson: Lesson) -> NumpyCore:
    """What was fitted, as arrays; a branch that reads meanings is told for the vocabulary's sequences."""
    branches = []
    for i, each in enumerate(_branches(plan, lesson)):
        text = np.asarray(model.get_layer(f"text{i}").get_weights()[0], np.float32)
        if each.reads == "meanings" and lesson.meanings is not None:
            text = lesson.meanings @ text
        tab, bias = model.get_layer(f"tab{i}").get_weights()
        later = range(1, len(each.hidden) + 1)
        dense = [model.get_layer(f"dense{i}_{j}").get_weights() for j in later]
        branches.append(Branch(text, tab * np.float32(each.tab), bias, tuple((k, b) for k, b in dense)))
    return NumpyCore(tuple(branches))
