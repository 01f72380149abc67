"""Agreement of metrics with people as Markdown tables."""

from collections.abc import Iterator

from eval.human_agreement import Agreement
from eval.judges_table import JudgesTable, Rows

_TITLES = {
    "pearson": "Pearson's correlation",
    "spearman": "Spearman's correlation",
    "gains": "Pearson's correlation of Winnow's metric less that of each other",
    "balanced": "balanced accuracy, the threshold from the other half",
}
_HALVES = {"all": "all labels", "choose": "the half to choose on", "confirm": "the other half"}


def agreement_lines(table: JudgesTable) -> Iterator[str]:
    """Yield the lines of four tables: a metric a row, a set a column."""
    rows: tuple[tuple[str, Rows], ...] = (
        ("pearson", table.pearson),
        ("spearman", table.spearman),
        ("gains", table.gains),
        ("balanced", table.balanced),
    )
    for name, measured in rows:
        yield f"\n{_TITLES[name]}, {_HALVES[table.half]}\n"
        columns = list(dict.fromkeys(column for row in measured.values() for column in row))
        yield _line(["metric", *columns])
        yield _line(["---"] * (len(columns) + 1))
        for metric, row in measured.items():
            yield _line([metric, *(_cell(row.get(column)) for column in columns)])


def _cell(agreement: Agreement | None) -> str:
    return "" if agreement is None else f"{agreement.value:.1f} ± {agreement.margin:.1f}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
