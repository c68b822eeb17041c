"""Runs training in a process of its own: TensorFlow never enters the desk's process, nor can a crash harm it.

The child is spawned (never forked: TensorFlow and Chromium do not share a process), yields to everything
else, and ends when its parent does.
"""

import os
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from core.errors import ForedeskError, Refused, Unavailable

Progress = Callable[[float, str], None]
_NICENESS = 10
_PATIENCE_S = 0.2


class Stopped(Exception):
    """Whoever asked for the work does not want it any more; the child is gone."""


def run_in_child(job: str, request: object, progress: Progress, *, wanted: Callable[[], bool] = lambda: True) -> Any:
    """Call `job` ("package.module:function") with `request` and a progress function in a child; give what it returns.

    Request and result are pickled between two ends of this program only. Raises what the job raised when that was
    Refused or Unavailable, Unavailable when the child crashed, Stopped when `wanted` said no.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_work, args=(job, request, theirs), name=f"foredesk {job}", daemon=True)
    child.start()
    theirs.close()
    try:
        return _listen(child, ours, progress, wanted)
    finally:
        if child.is_alive():
            child.terminate()
        child.join(10)
        if child.is_alive():
            child.kill()
            child.join()
        ours.close()


def _listen(child: Any, ours: Connection, progress: Progress, wanted: Callable[[], bool]) -> Any:
    while True:
        if not wanted():
            raise Stopped
        if not ours.poll(_PATIENCE_S):
            if child.is_alive() or ours.poll(0):
                continue
            raise _crashed(child)
        try:
            kind, content = ours.recv()
        except EOFError:
            child.join()
            raise _crashed(child) from None
        if kind == "progress":
            progress(*content)
        elif kind == "done":
            return content
        elif kind in ("Refused", "Unavailable"):
            raise (Refused if kind == "Refused" else Unavailable)(*content)
        else:
            raise _failed(str(content))


def _crashed(child: Any) -> Unavailable:
    child.join(5)
    return Unavailable(
        f"The training process ended by itself (exit code {child.exitcode}).",
        "Nothing was registered, and nothing that runs was touched.",
        "Look for too little memory, and train again.",
    )


def _failed(trouble: str) -> Unavailable:
    return Unavailable(
        f"Training failed: {trouble}",
        "Nothing was registered, and nothing that runs was touched.",
        "Check the data with `foredesk model train DATA --check`, or report this with what stands above.",
    )


def _work(job: str, request: object, pipe: Connection) -> None:
    """The child: does the job and sends what came of it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for problems this small its threads cost ten times the work
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait by spinning would take the desk's time
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    _end_with_parent()

    def tell(done: float, words: str) -> None:
        pipe.send(("progress", (done, words)))

    module, _, name = job.partition(":")
    try:
        pipe.send(("done", getattr(import_module(module), name)(request, tell)))
    except ForedeskError as error:
        kind = "Refused" if isinstance(error, Refused) else "Unavailable"
        pipe.send((kind, (error.happened, error.holds, error.do)))
    except Exception as error:
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
        raise
    finally:
        pipe.close()


def _end_with_parent() -> None:
    """A desk that is killed must not leave a training behind it."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="watches the parent").start()


def bar_on_terminal(done: float, words: str) -> None:
    """A progress bar on standard error; a line each where that is no terminal."""
    if sys.stderr.isatty():
        filled = round(30 * done)
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done:4.0%} {words[:70]:<70}")
        sys.stderr.write("\n" if done >= 1.0 else "")
    else:
        sys.stderr.write(f"{done:4.0%} {words}\n")
    sys.stderr.flush()
