"""Processes: how a stage of dvc.yaml runs, with one clear line on an error, and git beside it."""

import gc
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.errors import WinnowError

_NEW_OBJECTS = 100_000
_OFF = {
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # onnxruntime otherwise keeps a database of events in the user's home.
    "ORT_DISABLE_TELEMETRY": "1",
    "RAGAS_DO_NOT_TRACK": "true",
}
_GIT_SECONDS = 30
# What git sets for a hook would point it at another repository than the one of the folder.
_FOREIGN = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})


def collect_rarely() -> None:
    """Let the collector run each 100,000 new objects instead of each 700.

    What a command or a stage imports are hundreds of thousands of objects that all stay; looking
    through them again and again takes a fifth of the time until it starts its work.
    """
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


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


def run_git(
    root: Path, *arguments: str, environ: Mapping[str, str] = os.environ, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run git in a folder, whether or not it fails.

    Raises:
        OSError: there is no git.
        subprocess.TimeoutExpired: it does not end.
    """
    return subprocess.run(
        ["git", *arguments],
        cwd=root,
        env={name: value for name, value in environ.items() if name not in _FOREIGN},
        input=given,
        capture_output=True,
        text=True,
        timeout=_GIT_SECONDS,
        check=False,
    )


def git_output(root: Path, *arguments: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return what git prints, stripped; None where it fails, or where there is no git."""
    try:
        done = run_git(root, *arguments, environ=environ)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
