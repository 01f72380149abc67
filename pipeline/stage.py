"""How a stage of dvc.yaml runs: logging set up once, and one clear line on an error."""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.collector import collect_rarely
from pipeline.errors import WinnowError
from pipeline.telemetry import switch_off_telemetry


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
