"""Training across the machines of a cluster: each keeps its part of the rows, tf.distribute sums the gradients.

Keras 3 cannot `fit` across machines (keras issue 20585), so the sum is asked of the strategy and the step is taken on
each machine alike: same start, same sums, same network everywhere.
"""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from core.learning.examples import Rows


@dataclass(frozen=True, slots=True)
class Cluster:
    """One machine's view of it."""

    strategy: Any
    machines: int
    index: int

    def part(self, rows: int) -> Rows:
        """The rows that this machine keeps."""
        return np.arange(self.index, rows, self.machines)

    def total(self, values: list[Any]) -> list[Any]:
        """Each tensor summed over the machines."""
        import tensorflow as tf

        def add(parts: list[Any]) -> Any:
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, parts)

        return list(self.strategy.run(add, args=(values,)))


@cache
def cluster() -> Cluster | None:
    """The cluster that TF_CONFIG names; None on one machine. Joined at the first call, before anything is computed."""
    if not os.environ.get("TF_CONFIG"):
        return None
    import tensorflow as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    resolver = strategy.cluster_resolver
    return Cluster(strategy, int(strategy.num_replicas_in_sync), int(resolver.task_id or 0))
