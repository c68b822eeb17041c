"""One way to compile a kernel, so that every kernel is cached on disk, releases the GIL and keeps its types.

The cache lies where NUMBA_CACHE_DIR says (workstation sets it before the first import), else beside the module.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Machine code for `function`, compiled at its first call with given types, loaded from the cache afterwards."""
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """As `compiled`, for what a kernel calls so often that handing over its arguments would cost more than its work."""
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True, inline="always")(function))
