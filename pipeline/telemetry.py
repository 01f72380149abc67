"""Telemetry of libraries, switched off before they are imported."""

import os

_OFF = {
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # onnxruntime otherwise keeps a database of events in the user's home.
    "ORT_DISABLE_TELEMETRY": "1",
    "RAGAS_DO_NOT_TRACK": "true",
}


def switch_off_telemetry() -> None:
    """Say no for this process and those it starts, unless somebody has said something else."""
    for name, value in _OFF.items():
        os.environ.setdefault(name, value)
