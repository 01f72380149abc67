"""One contender's work in a process of its own: builds, brings up to date or answers, and reports.

    python -m benchmarks.contender winnow build TEXTS PLACE
    python -m benchmarks.contender winnow answer QUESTIONS PLACE

The report is a line of JSON. Times that begin elsewhere are moments of the monotonic clock, which
all processes of a machine share. No library is loaded by the side that starts it: a process begins
with its parent's peak memory on some systems, so the parent has to stay small.
"""

import json
import os
import resource
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

ROOT = Path(__file__).parents[1]
TOP_K = 6
_WARM_UP = 20
_KILOBYTE = 1 if sys.platform == "darwin" else 1024


def run_contender(name: str, action: str, given: Path, place: Path) -> dict[str, Any]:
    """Return the process's report; `took` is from its start to what it was asked for."""
    environ = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "PYTHONWARNINGS": "ignore",
        "TIKTOKEN_CACHE_DIR": str(_packaged_tokens()),
    }
    command = [sys.executable, "-m", "benchmarks.contender", name, action, str(given), str(place)]
    started = monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{name} {action} ended with {done.returncode}:\n{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**report, "took": report["ended"] - started}


def _packaged_tokens() -> Path:
    """Return where LlamaIndex's package has cl100k_base, which LangChain would download."""
    spec = find_spec("llama_index.core")
    if spec is None or spec.origin is None:
        raise RuntimeError("llama-index-core is not installed; run `make bench`")
    return Path(spec.origin).parent / "_static" / "tiktoken_cache"


def main(name: str, action: str, given: str, place: str) -> None:
    """Do one thing and print the report as the last line."""
    contender = import_module(f"benchmarks.contenders.by_{name}")
    if action == "answer":
        report = _answer(contender, json.loads(Path(given).read_text("utf-8")), Path(place))
    else:
        stages = getattr(contender, action)(Path(given), Path(place))
        report = {"ended": monotonic(), "stages": stages}
    # Peak of this process; of Winnow's builds the workers that read files come beside it.
    report["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTE
    sys.stdout.write(f"\n{json.dumps(report)}\n")


def _answer(contender: Any, questions: list[str], place: Path) -> dict[str, Any]:
    chunks, retrieve = contender.open_index(place, TOP_K)
    first = retrieve(questions[0])
    ended = monotonic()
    for question in questions[1 : 1 + _WARM_UP]:
        retrieve(question)
    seconds = []
    for question in questions:
        started = perf_counter()
        retrieve(question)
        seconds.append(perf_counter() - started)
    return {"ended": ended, "chunks": chunks, "first": first, "seconds": seconds}


if __name__ == "__main__":
    main(*sys.argv[1:])
