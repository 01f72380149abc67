"""Winnow beside LlamaIndex's and LangChain's usual set-ups: same texts, model and chunk size.

    python -m benchmarks.side_by_side --documents 500 --repeat 3

Each contender builds, brings up to date and answers in processes of its own. The contenders take
turns within a round, beginning with another one in each; the table has the rounds' medians.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles

from benchmarks.contender import run_contender
from benchmarks.markdown_table import machine, ratio_rows, table
from benchmarks.sample_texts import change_one_text, sample_questions, write_texts

CONTENDERS = {
    "winnow": "Winnow",
    "winnow_int8": "Winnow, int8",
    "winnow_run": "`winnow run`",
    "llama_index": "LlamaIndex",
    "llama_index_faiss": "LlamaIndex, FAISS",
    "langchain": "LangChain, FAISS",
}
MEASURES = {
    "chunks": "chunks",
    "first": "first build with a model",
    "cold": "cold build",
    "update": "build after a change of one document",
    "load": "load: start to first answer",
    "p50": "query, p50",
    "p95": "query, p95",
    "peak": "peak memory while answering",
}
_EXPORTING = ("winnow", "winnow_int8", "winnow_run")
"""Contenders that export the model once and keep it: they have a first build of their own."""
_WITHOUT_ANSWERS = ("winnow_run",)
"""What it builds is a Version like any other."""

Measured = defaultdict[str, defaultdict[str, list[float]]]


def main() -> None:
    """Measure all rounds and print the table."""
    options = _options()
    measured: Measured = defaultdict(lambda: defaultdict(list))
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.repeat):
            turn = [*options.contenders[number:], *options.contenders[:number]]
            _round(Path(folder), number, turn, options, measured)
    shown = {name: CONTENDERS[name] for name in options.contenders}
    rows = ratio_rows(measured, MEASURES, shown, options.contenders[0])
    sys.stdout.write(
        f"{options.documents} documents, {options.questions} questions, "
        f"medians of {options.repeat} rounds; load average before: {load:.2f}.\n"
        f"{machine()}\n\n{table(['', *shown.values()], rows)}\n"
    )


def _round(
    folder: Path, number: int, turn: list[str], options: argparse.Namespace, measured: Measured
) -> None:
    texts, questions = folder / "texts", folder / "questions.json"
    shutil.rmtree(texts, ignore_errors=True)
    write_texts(texts, options.documents)
    places = {name: folder / name for name in turn}
    for name, place in places.items():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        _build(name, texts, place, measured)
    changed = change_one_text(texts, number)
    for name, place in places.items():
        measured[name]["update"].append(_took(name, "update", texts, place))
    questions.write_text(json.dumps([changed, *sample_questions(options.questions)]), "utf-8")
    for name, place in places.items():
        if name not in _WITHOUT_ANSWERS:
            _answer(name, changed, questions, place, measured)


def _build(name: str, texts: Path, place: Path, measured: Measured) -> None:
    took = _took(name, "build", texts, place)
    measured[name]["first"].append(took)
    if name in _EXPORTING:
        _forget(place)
        took = _took(name, "build", texts, place)
    measured[name]["cold"].append(took)


def _forget(place: Path) -> None:
    """Remove all that a build left but the exported model."""
    kept = place.with_name(f"{place.name}.encoders")
    shutil.move(place / ".winnow" / "encoders", kept)
    shutil.rmtree(place)
    (place / ".winnow").mkdir(parents=True)
    shutil.move(kept, place / ".winnow" / "encoders")


def _answer(name: str, changed: str, questions: Path, place: Path, measured: Measured) -> None:
    report = run_contender(name, "answer", questions, place)
    _say(name, "answer", report["took"])
    if not any(changed in text for text in report["first"]):
        raise RuntimeError(f"{name} does not find the changed text {changed!r}")
    found = measured[name]
    found["chunks"].append(report["chunks"])
    found["load"].append(report["took"])
    found["p50"].append(median(report["seconds"]))
    found["p95"].append(quantiles(report["seconds"], n=20)[-1])
    found["peak"].append(report["peak"])


def _took(name: str, action: str, texts: Path, place: Path) -> float:
    took = float(run_contender(name, action, texts, place)["took"])
    _say(name, action, took)
    return took


def _say(name: str, action: str, took: float) -> None:
    sys.stderr.write(f"{name} {action}: {took:.2f} s\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Winnow beside LlamaIndex and LangChain.")
    parser.add_argument("--documents", type=int, default=500, help="of two chunks each")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=3, metavar="ROUNDS")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    return parser.parse_args()


if __name__ == "__main__":
    main()
