"""One contender's work in a process of its own: builds, brings up to date or answers, and reports.

    python -m benchmarks.contender winnow build TEXTS PLACE
    python -m benchmarks.contender winnow answer QUESTIONS PLACE

The report is a line of JSON. Times that begin elsewhere are moments of the monotonic clock, which
all processes of a machine share.
"""

import json
import resource
import sys
from importlib import import_module
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

TOP_K = 6
_WARM_UP = 20
_KILOBYTE = 1 if sys.platform == "darwin" else 1024


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
