"""Starts a contender's process and reads its report, with no library loaded on this side.

A process begins with its parent's peak memory on some systems, so the parent has to stay small.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Any

ROOT = Path(__file__).parents[1]


def run_contender(name: str, action: str, given: Path, place: Path) -> dict[str, Any]:
    """Return the process's report; `took` is from its start to what it was asked for."""
    started = monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.contender", name, action, given, place],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name} {action} ended with {done.returncode}:\n{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**report, "took": report["ended"] - started}


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "PYTHONWARNINGS": "ignore",
        "TIKTOKEN_CACHE_DIR": str(_packaged_tokens()),
    }


def _packaged_tokens() -> Path:
    """Return where LlamaIndex's package has cl100k_base, which LangChain would download."""
    spec = find_spec("llama_index.core")
    if spec is None or spec.origin is None:
        raise RuntimeError("llama-index-core is not installed; run `make bench`")
    return Path(spec.origin).parent / "_static" / "tiktoken_cache"
