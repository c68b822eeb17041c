"""Tells an MLflow server of a training, where its address is set and the package is installed; otherwise nothing."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ADDRESS = "MLFLOW_TRACKING_URI"


def track(
    name: str, settings: Mapping[str, Any], measures: Mapping[str, tuple[float, float, float]], file: Path
) -> bool:
    """Log one run with its settings, figures and model file; whether that was done. Never fails a training."""
    if not os.environ.get(ADDRESS) or find_spec("mlflow") is None:
        return False
    import mlflow
    from mlflow.exceptions import MlflowException

    try:
        mlflow.set_experiment("foredesk severity")
        with mlflow.start_run(run_name=name):
            mlflow.log_params({key: str(value) for key, value in settings.items()})
            mlflow.log_metrics({key: value for key, (value, _, _) in measures.items()})
            mlflow.log_artifact(str(file))
    except (MlflowException, OSError):
        return False
    return True
