"""How a stage of dvc.yaml runs: logging set up once, and one clear line on an error."""

import gc
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.errors import WinnowError

_NEW_OBJECTS = 100_000


def collect_rarely() -> None:
    """Let the collector run each 100,000 new objects instead of each 700.

    What a command or a stage imports are hundreds of thousands of objects that all stay; looking
    through them again and again takes a fifth of the time until it starts its work.
    """
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


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


def run_stage(main: Callable[[Sequence[str]], None]) -> None:
    """Run a stage's `main` with the command line; an expected error is one line and exit 1."""
    collect_rarely()
    switch_off_telemetry()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("sentence_transformers", "transformers", "httpx", "httpx2", "absl"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        main(sys.argv[1:])
    except WinnowError as error:
        logging.getLogger("winnow").error("error: %s", error)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def scratch_folder() -> Path:
    """Return `.winnow` of the project: of the main one where DVC runs an experiment's copy."""
    return Path(os.environ.get("DVC_ROOT") or ".") / ".winnow"
