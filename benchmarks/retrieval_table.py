"""The tables of docs/retrieval.md: settings by sets, with intervals.

    python -m benchmarks.retrieval_table ../shared/data --groups retrieval chunking

A first run embeds and measures everything; what it found is kept in `--cache`, and measured again
where params, documents, questions or code have changed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from app.workspace.settings import change_settings
from benchmarks.question_set import QuestionSet, question_sets
from benchmarks.retrieval_setting import DEFAULT, SETTINGS, changed, of_parts, rows_of
from benchmarks.set_version import SetVersions
from benchmarks.setting_table import (
    COLUMNS,
    Found,
    check_lines,
    columns,
    cuts_differ,
    difference_table,
    size_table,
    value_table,
)
from benchmarks.setting_values import measure_settings
from eval.params import Params, read_params
from pipeline.process import run_stage
from tests.support.project import ROOT

HALVES = {"all": slice(None), "even": slice(0, None, 2), "odd": slice(1, None, 2)}
"""Questions by their order: what is chosen on one half can be confirmed on the other."""


def main(arguments: Sequence[str]) -> None:
    """Measure groups of rows on sets and print the tables of each group."""
    given = _parser().parse_args(arguments)
    params = _params(given.set)
    readers = question_sets(given.data, given.cache)
    sets = [readers[name]() for name in given.sets]
    for group in given.groups:
        rows = [DEFAULT, *(row for row in SETTINGS[group] if _chosen(row, given.settings))]
        if len(rows) > 1:
            found = _found(sets, group, rows, params, SetVersions(given.cache))
            _print_group(group, found, rows, HALVES[given.half])


def _params(settings: Sequence[str]) -> Params:
    """Return params.yaml with some settings changed, which the default of the tables is then."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "params.yaml"
        copy.write_bytes((ROOT / "params.yaml").read_bytes())
        change_settings(copy, settings)
        return read_params(copy)


def _found(
    sets: Sequence[QuestionSet],
    group: str,
    rows: Sequence[str],
    params: Params,
    versions: SetVersions,
) -> Found:
    found = {}
    for judged in sets:
        wanted = rows_of(group, changed(params, judged.changes))
        chosen = {row: wanted[row] for row in rows if not (judged.whole and of_parts(group, row))}
        if len(chosen) > 1:
            found[judged.name] = measure_settings(judged, chosen, versions)
    return found


def _print_group(group: str, found: Found, rows: Sequence[str], half: slice) -> None:
    shown = columns(found, half)
    parts = [f"## {group}", value_table(shown, rows)]
    parts += [
        "Less the default, or less `dense` where a row is dense, question by question:",
        difference_table(shown, rows),
    ]
    if cuts_differ(found):
        parts.append(size_table(found, rows))
    print("\n\n".join([*parts, "\n".join(check_lines(found))]), flush=True)  # noqa: T201


def _chosen(row: str, settings: Sequence[str] | None) -> bool:
    return not settings or row in settings


def _parser() -> argparse.ArgumentParser:
    rows = sorted({row for group in SETTINGS.values() for row in group})
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval_table")
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("--sets", nargs="+", choices=COLUMNS, default=list(COLUMNS))
    parser.add_argument("--groups", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--settings", nargs="+", choices=rows, help="rows beside the default")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument("--half", choices=HALVES, default="all")
    parser.add_argument("--cache", type=Path, default=ROOT / ".winnow" / "benchmarks")
    return parser


if __name__ == "__main__":
    run_stage(main)
