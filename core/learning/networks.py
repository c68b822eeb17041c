"""The Keras networks: built, fitted and exported. TensorFlow is imported inside functions, which only a child calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from core.learning.architectures import Architecture, BranchPlan
from core.learning.cluster import Cluster, cluster
from core.learning.examples import Rows
from core.learning.linear import is_linear, joined, waves
from core.learning.material import Material
from core.learning.metrics import Floats
from core.severity.features import CallField, NumberField, Weights
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
    seen: Rows
    """The ids that the calls to learn from hold; all others have a meaning only."""
    fields: tuple[CallField, ...] = ()
    """The fields that the tab columns tell of, in their order."""


def fit(plan: Architecture, lesson: Lesson, stop: Lesson | None, seed: int, tell: Tell) -> NumpyCore:
    """One network, fitted with one seed. `stop` is what early stopping watches; without it all epochs are run."""
    import keras

    _in_one_thread()
    keras.utils.set_random_seed(seed)
    together = cluster()
    model = _build(plan, lesson)
    if plan.fit == "whole":
        _fit_whole(model, lesson, together)
    elif together is None:
        _fit_batches(plan, model, lesson, stop, tell)
    else:
        _fit_across(plan, model, lesson, stop, together, tell)
    return _network(plan, model, lesson)


def merge(networks: Sequence[NumpyCore]) -> NumpyCore:
    """One network whose logits are the mean of these: linear branches become one, others stand beside each other.

    Numbers are rounded to half precision, so that the file's two forms of the network carry the same ones.
    """
    share = np.float32(1 / len(networks))
    every = [branch for network in networks for branch in network.branches]
    linear = [branch for branch in every if is_linear(branch)]
    branches = [joined(linear, float(share))] if linear else []
    for branch in every:
        if not is_linear(branch):
            kernel, bias = branch.dense[-1]
            branches.append(replace(branch, dense=(*branch.dense[:-1], (kernel * share, bias * share))))
    return NumpyCore(tuple(_halved(branch) for branch in branches))


def _halved(branch: Branch) -> Branch:
    def half(array: Any) -> Any:
        return np.asarray(array, np.float32).astype(np.float16).astype(np.float32)

    dense = tuple((half(kernel), half(bias)) for kernel, bias in branch.dense)
    gate = (half(branch.gate[0]), half(branch.gate[1])) if branch.gate is not None else None
    return Branch(half(branch.text), half(branch.tab), half(branch.bias), dense, gate)


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
    if branch.gate is not None:
        text = layers.Multiply()([text, _dense(*branch.gate)(tab)])
    value = layers.Add()([text, _dense(branch.tab, branch.bias)(tab)])
    for i, (kernel, bias) in enumerate(branch.dense):
        straight = i == 0 and branch.gate is not None
        value = _dense(kernel, bias)(value if straight else layers.ReLU()(value))
    return value


def _dense(kernel: Any, bias: Any) -> Any:
    from keras import layers

    layer = layers.Dense(bias.shape[0])
    layer.build((1, kernel.shape[0]))
    layer.set_weights([kernel, bias])
    return layer


def _in_one_thread() -> None:
    """Sums in one order, so that the same seed gives the same figures; and a desk beside it keeps its cores."""
    import tensorflow as tf

    if tf.config.threading.get_intra_op_parallelism_threads() != 1:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def _build(plan: Architecture, lesson: Lesson) -> Any:
    import keras
    from keras import layers

    inputs = {
        "sequences": layers.Input((len(lesson.seen),), sparse=True, name="sequences"),
        "tab": layers.Input((lesson.material.tab.shape[1],), name="tab"),
    }
    if lesson.meanings is not None:
        inputs["meanings"] = layers.Input((lesson.meanings.shape[1],), name="meanings")
    sums = [_branch(i, each, lesson, inputs) for i, each in enumerate(_branches(plan, lesson))]
    logits = layers.Add()(sums) if len(sums) > 1 else sums[0]
    if _free(lesson) < lesson.targets.shape[1]:
        logits = layers.ZeroPadding1D((0, 1))(layers.Reshape((1, 1))(logits))
        logits = layers.Flatten()(logits)
    model = keras.Model(inputs, logits)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(plan.rate), loss)
    return model


def _branches(plan: Architecture, lesson: Lesson) -> tuple[BranchPlan, ...]:
    """The plan's branches; those that read meanings, or weigh by a field, only where there are such."""
    fields = {each.name for each in lesson.fields if isinstance(each, NumberField)}
    return tuple(
        each
        for each in plan.branches
        if (each.reads != "meanings" or lesson.meanings is not None) and (not each.by or each.by in fields)
    )


def _branch(number: int, plan: BranchPlan, lesson: Lesson, inputs: dict[str, Any]) -> Any:
    import keras
    from keras import layers

    free, rows = _free(lesson), len(lesson.material)
    strength = 0.5 / (plan.strength * rows) if plan.strength else 0.0
    penalty = keras.regularizers.L2(plan.l2 + strength) if plan.l2 + strength else None
    widths = (*plan.hidden, free)
    start = "glorot_uniform" if plan.hidden else "zeros"
    settings = {"kernel_initializer": start, "kernel_regularizer": penalty}
    seen = inputs[plan.reads]
    if plan.by:
        return _gated(number, plan, lesson, seen, inputs["tab"], settings)
    text = layers.Dense(widths[0], use_bias=False, name=f"text{number}", **settings)(seen)
    if not plan.tab:
        return text
    value = layers.Add()([text, layers.Dense(widths[0], name=f"tab{number}", **settings)(inputs["tab"])])
    for i, width in enumerate(widths[1:], start=1):
        value = layers.Dropout(plan.dropout)(layers.ReLU()(value))
        value = layers.Dense(width, kernel_regularizer=penalty, name=f"dense{number}_{i}")(value)
    return value


def _free(lesson: Lesson) -> int:
    """How many logits are learned: of two classes one, the other one's being 0."""
    classes = int(lesson.targets.shape[1])
    return 1 if classes == 2 else classes


def _gated(number: int, plan: BranchPlan, lesson: Lesson, seen: Any, tab: Any, settings: dict[str, Any]) -> Any:
    """A linear branch whose weights change smoothly with a field: one set of weights for each wave of the field."""
    from keras import layers

    classes = _free(lesson)
    kernel, bias = waves(plan, lesson.fields)
    width = len(bias) * classes
    text = layers.Dense(width, use_bias=False, name=f"text{number}", **settings)(seen)
    gate = layers.Dense(width, trainable=False, name=f"gate{number}")
    gate.build(tab.shape)
    gate.set_weights([np.repeat(kernel, classes, axis=1), np.repeat(bias, classes)])
    total = layers.Dense(classes, use_bias=False, trainable=False, name=f"sum{number}")
    total.build((None, width))
    total.set_weights([np.tile(np.eye(classes, dtype=np.float32), (len(bias), 1))])
    return total(layers.Multiply()([text, gate(tab)]))


def _inputs(lesson: Lesson) -> dict[str, Any]:
    sequences = lesson.material.sparse(lesson.vocabulary)[:, lesson.seen]
    inputs = {"sequences": sequences, "tab": lesson.material.tab}
    if lesson.meanings is not None:
        inputs["meanings"] = lesson.material.meanings(lesson.meanings)
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


def _fit_across(
    plan: Architecture, model: Any, lesson: Lesson, stop: Lesson | None, together: Cluster, tell: Tell
) -> None:
    """Adam over batches of which each machine brings its share; the same early stopping on every machine."""
    import tensorflow as tf

    part = together.part(len(lesson.material))
    steps = max(1, len(lesson.material) // (together.machines * plan.batch))
    best, waited, kept = np.inf, 0, model.get_weights()
    for epoch in range(plan.epochs):
        order = np.random.default_rng(epoch).permutation(part)
        for rows in np.array_split(order, steps):
            inputs, targets = _tensors(lesson, np.sort(rows))
            with tf.GradientTape() as tape:
                told = model(inputs, training=True)
                loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, told)) + sum(model.losses)
            found = tape.gradient(loss, [each.value for each in model.trainable_variables])
            summed = together.total([tf.convert_to_tensor(each) for each in found])
            model.optimizer.apply([each / together.machines for each in summed], model.trainable_variables)
        if stop is None:
            continue
        inputs, targets = _tensors(stop, np.arange(len(stop.material)))
        loss = float(tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, model(inputs, training=False))))
        tell(f"epoch {epoch + 1}, loss {loss:.4f}")
        waited = 0 if loss < best else waited + 1
        if loss < best:
            best, kept = loss, model.get_weights()
        elif waited >= plan.patience:
            break
    if stop is not None:
        model.set_weights(kept)


def _tensors(lesson: Lesson, rows: Rows) -> tuple[dict[str, Any], Any]:
    """These rows' inputs and targets as TensorFlow's own."""
    import tensorflow as tf

    inputs = {name: array[rows] for name, array in _inputs(lesson).items()}
    sequences = inputs.pop("sequences").tocoo()
    places = np.column_stack([sequences.row, sequences.col]).astype(np.int64)
    found = {name: tf.constant(array) for name, array in inputs.items()}
    found["sequences"] = tf.sparse.reorder(tf.SparseTensor(places, sequences.data, sequences.shape))
    return found, tf.constant(lesson.targets[rows])


def _fit_whole(model: Any, lesson: Lesson, together: Cluster | None) -> None:
    """L-BFGS (Liu and Nocedal 1989) on the penalised mean loss of all rows: TensorFlow differentiates, SciPy steps."""
    import tensorflow as tf
    from scipy.optimize import minimize

    count = len(lesson.material)
    inputs, targets = _tensors(lesson, np.arange(count) if together is None else together.part(count))
    weights = model.trainable_variables
    shapes = [tuple(each.shape) for each in weights]
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    share = 1.0 / (together.machines if together is not None else 1)

    @tf.function
    def slope() -> Any:
        with tf.GradientTape() as tape:
            told = model(inputs, training=True)
            losses = tf.nn.softmax_cross_entropy_with_logits(targets, told)
            loss = tf.reduce_sum(losses) / count + share * sum(model.losses)
        found = tape.gradient(loss, [each.value for each in weights])
        return [loss, *(tf.convert_to_tensor(each) for each in found)]

    def measure(x: Floats) -> tuple[float, Floats]:
        for each, part, shape in zip(weights, np.split(x, cuts), shapes, strict=True):
            each.assign(part.reshape(shape).astype(np.float32))
        parts = slope()
        loss, *found = parts if together is None else together.total(parts)
        return float(loss), np.concatenate([each.numpy().ravel() for each in found]).astype(np.float64)

    start = np.concatenate([each.numpy().ravel() for each in weights]).astype(np.float64)
    found = minimize(measure, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ROUNDS, "ftol": 1e-6})
    measure(found.x)


def _network(plan: Architecture, model: Any, lesson: Lesson) -> NumpyCore:
    """What was fitted, as arrays; a branch that reads meanings is told for the vocabulary's sequences."""
    numbered = enumerate(_branches(plan, lesson))
    return NumpyCore(tuple(_fitted(i, each, model, lesson) for i, each in numbered))


def _fitted(i: int, plan: BranchPlan, model: Any, lesson: Lesson) -> Branch:
    columns, missing = lesson.material.tab.shape[1], lesson.targets.shape[1] - _free(lesson)
    text = np.asarray(model.get_layer(f"text{i}").get_weights()[0], np.float32)
    if plan.reads == "meanings" and lesson.meanings is not None:
        text = lesson.meanings @ text
    else:
        whole = np.zeros((lesson.vocabulary, text.shape[1]), np.float32)
        whole[lesson.seen] = text
        text = whole
    tab, bias = np.zeros((columns, text.shape[1]), np.float32), np.zeros(text.shape[1], np.float32)
    if plan.by:
        kernel, start = model.get_layer(f"gate{i}").get_weights()
        total = np.pad(model.get_layer(f"sum{i}").get_weights()[0], ((0, 0), (0, missing)))
        return Branch(text, tab, bias, ((total, np.zeros(total.shape[1], np.float32)),), (kernel, start))
    if plan.tab:
        tab, bias = model.get_layer(f"tab{i}").get_weights()
    if not plan.hidden:
        wide = ((0, 0), (0, missing))
        return Branch(np.pad(text, wide), np.pad(tab, wide), np.pad(bias, (0, missing)))
    dense = [model.get_layer(f"dense{i}_{j}").get_weights() for j in range(1, len(plan.hidden) + 1)]
    kernel, start = dense[-1]
    dense[-1] = (np.pad(kernel, ((0, 0), (0, missing))), np.pad(start, (0, missing)))
    return Branch(text, tab, bias, tuple((k, b) for k, b in dense))
