"""The environment that MLflow reads: quiet, no telemetry, short retries over HTTP."""

import logging
import os

_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "15",
}


def prepare_mlflow() -> None:
    """Set what is unset, for this process; to be called before MLflow is first imported."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    for logger in ("mlflow", "alembic"):
        logging.getLogger(logger).setLevel(logging.WARNING)
    # Each retry is a warning, and the last one is an error that the ledger explains.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
