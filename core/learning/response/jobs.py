"""What a child process is asked to do for the response-time model; each takes a request and tells its progress."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from core.models.record import Evaluation

Progress = Callable[[float, str], None]


class TrainResponse(Struct, frozen=True, kw_only=True):
    """Train on the CSV file `data` and write the model file `out`."""

    data: str
    out: str
    name: str
    now_ms: int
    made_at: str
    code_version: str
    licence: str = ""
    seed: int = 1
    members: int = 2
    epochs: int = 6
    compare: bool = True


class EvaluateResponse(Struct, frozen=True, kw_only=True):
    """Measure the model file `model` on the last part of the CSV file `data`."""

    data: str
    model: str
    now_ms: int


def train_response(request: TrainResponse, progress: Progress) -> Evaluation:
    """Raises Unavailable for data that nothing can be learned from."""
    from core.learning.response.table import read_table
    from core.learning.response.training import Run, train

    progress(0.0, "Reading the data")
    table = read_table(Path(request.data))
    run = Run(
        name=request.name,
        now_ms=request.now_ms,
        made_at=request.made_at,
        code_version=request.code_version,
        licence=request.licence,
        seed=request.seed,
        members=request.members,
        epochs=request.epochs,
        compare=request.compare,
    )
    return train(table, run, Path(request.out), progress)


def evaluate_response(request: EvaluateResponse, progress: Progress) -> Evaluation:
    """On the same last part of the data that a training on it would have kept for the test."""
    from core.learning.response.table import read_table
    from core.learning.response.training import Run, evaluate, prepare
    from core.response.correct import ResponseModel

    progress(0.0, "Reading the data")
    table = read_table(Path(request.data))
    model = ResponseModel.load(Path(request.model))
    run = Run(name="", now_ms=request.now_ms, made_at="", code_version="")
    return evaluate(model, prepare(table), run, progress)
