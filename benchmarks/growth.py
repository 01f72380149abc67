"""How Winnow's times and memory grow with the number of chunks.

    python -m benchmarks.growth --chunks 1000 5000 20000

Chunks have about 150 tokens. Each size is built from nothing but the exported encoder, built again
after a change of one document, and asked, each in a process of its own.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

from benchmarks.contender import run_contender
from benchmarks.markdown_table import machine, quantity, table
from benchmarks.sample_texts import change_one_text, sample_questions, write_texts

_CHUNKS_IN_A_DOCUMENT = 2
_UNITS = {"chunks": "1", "peak memory while answering": "B", "files of the Version": "B"}


def main() -> None:
    """Measure each size and print a table with a column for each."""
    options = _options()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        encoders = _exported(Path(folder))
        columns = [
            _measured(Path(folder), encoders, chunks, options.questions)
            for chunks in options.chunks
        ]
    head = ["", *(f"{column['chunks']:,.0f} chunks" for column in columns)]
    rows = [
        [name, *(quantity(column[name], _UNITS.get(name, "s")) for column in columns)]
        for name in columns[0]
        if name != "chunks"
    ]
    sys.stdout.write(f"Load average before: {load:.2f}.\n{machine()}\n\n{table(head, rows)}\n")


def _exported(folder: Path) -> Path:
    """Export the encoder by a build of one document."""
    texts, place = folder / "texts-of-one", folder / "place-of-one"
    write_texts(texts, 1)
    place.mkdir()
    run_contender("winnow", "build", texts, place)
    return place / ".winnow" / "encoders"


def _measured(folder: Path, encoders: Path, chunks: int, questions: int) -> dict[str, float]:
    texts, place, asked = (folder / f"{name}-{chunks}" for name in ("texts", "place", "asked"))
    write_texts(texts, chunks // _CHUNKS_IN_A_DOCUMENT)
    shutil.copytree(encoders, place / ".winnow" / "encoders")
    cold = run_contender("winnow", "build", texts, place)
    changed = change_one_text(texts, 0)
    again = run_contender("winnow", "update", texts, place)
    asked.write_text(json.dumps([changed, *sample_questions(questions)]), "utf-8")
    answered = run_contender("winnow", "answer", asked, place)
    sys.stderr.write(f"{chunks}: {cold['took']:.1f} s, then {again['took']:.1f} s\n")
    seconds = answered["seconds"]
    found = {
        "chunks": answered["chunks"],
        "cold build": cold["took"],
        **{f"of it `{stage}`": took for stage, took in cold["stages"].items()},
        "build after a change of one document": again["took"],
        **{f"of it `{stage}` again": took for stage, took in again["stages"].items()},
        "load: start to first answer": answered["took"],
        "query, p50": median(seconds),
        "query, p95": quantiles(seconds, n=20)[-1],
        "peak memory while answering": answered["peak"],
        "files of the Version": _size(place / "data" / "version"),
    }
    shutil.rmtree(place)
    shutil.rmtree(texts)
    return found


def _size(folder: Path) -> float:
    return float(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Winnow's growth with the number of chunks.")
    parser.add_argument("--chunks", type=int, nargs="+", default=[1000, 5000, 20000])
    parser.add_argument("--questions", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    main()
