"""Setting tables: what was measured, as Markdown, settings by sets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.estimate import Estimate, difference_text, estimate, over_sets, paired, value_text
from benchmarks.markdown_table import table
from benchmarks.retrieval_setting import DEFAULT
from benchmarks.setting_values import SettingValues

RANKING = "nDCG@10"
COLUMNS = {
    "SciFact": (RANKING,),
    "PIAF": (RANKING,),
    "Anthropic": (RANKING,),
    "zoomcamp": (RANKING,),
    "Chroma": (RANKING, "recall"),
    "handbook": ("recall", "MRR@5"),
}
"""Set to the measures that stand in the tables; recall is of characters, in 4,000 retrieved."""
CUTTING = {"Chroma": ("recall",), "handbook": ("recall", "MRR@5")}
"""The same where rows cut Documents otherwise: ranks of chunks of different sizes differ."""
CHECKS = {
    "SciFact": {RANKING: 0.660},
    "PIAF": {RANKING: 0.456},
    "Anthropic": {"recall@3": 0.631, "MRR@3": 0.722},
    "zoomcamp": {"hit@5": 0.920, "MRR@5": 0.827},
}
"""Published figures of `dense` with this encoder: another one means a fault in the plumbing."""
SIDES = ("dense", "lexical")

Found = Mapping[str, Mapping[str, SettingValues]]
"""Set to row to what was measured; a row that was refused is not there."""


@dataclass(frozen=True, slots=True)
class Column:
    """A measure of a set: the values of its questions by row."""

    name: str
    measure: str
    values: dict[str, Sequence[float]]


def columns(found: Found, half: slice) -> list[Column]:
    """Return the columns of a group, for some of each set's questions."""
    shown = CUTTING if cuts_differ(found) else COLUMNS
    return [
        Column(
            name,
            measure,
            {row: each.values[measure][half] for row, each in found[name].items()},
        )
        for name, measures in shown.items()
        if name in found
        for measure in measures
    ]


def cuts_differ(found: Found) -> bool:
    """Whether the rows of a group cut Documents differently."""
    return any(len({each.chunks for each in rows.values()}) > 1 for rows in found.values())


def value_table(shown: Sequence[Column], rows: Sequence[str]) -> str:
    """Return the means by row, and their mean over the sets that are ranked by nDCG."""
    ranked = [each for each in shown if each.measure == RANKING]

    def cells(row: str) -> Iterator[str]:
        found = [estimate(each.values[row]) if row in each.values else None for each in shown]
        yield from (value_text(each) if each else "–" for each in found)
        if len(ranked) > 1:
            over = [estimate(each.values[row]) for each in ranked if row in each.values]
            yield value_text(over_sets(over)) if len(over) == len(ranked) else "–"

    return table(_head(shown), [[row, *cells(row)] for row in rows])


def difference_table(shown: Sequence[Column], rows: Sequence[str]) -> str:
    """Return each row less its base, and the default less the better of its two sides.

    The base is the default, and `dense` of a row such as `int8, dense`.
    """
    others = [row for row in rows if row != DEFAULT]
    body = [[row, *_differences(shown, row, [_base(row, rows)] * len(shown))] for row in others]
    if set(SIDES) <= set(rows):
        better = _differences(shown, DEFAULT, [_better_side(column) for column in shown])
        body.append(["the default less the better side", *better])
    return table(_head(shown), body)


def size_table(found: Found, rows: Sequence[str]) -> str:
    """Return how many chunks each row makes, and how long they are."""
    sets = [name for name in CUTTING if name in found]
    head = [f"{name} {what}" for name in sets for what in ("chunks", "characters")]
    body = [[row, *(cell for name in sets for cell in _size(found[name].get(row)))] for row in rows]
    return table(["", *head], body)


def check_lines(found: Found) -> list[str]:
    """Say what `dense` reaches on all questions beside what was published."""
    return [
        f"{name} dense {measure}: {fmean(dense.values[measure]):.3f} (published {published:.3f})"
        for name, checks in CHECKS.items()
        if name in found and (dense := found[name].get("dense"))
        for measure, published in checks.items()
    ]


def _head(shown: Sequence[Column]) -> list[str]:
    head = ["", *(f"{each.name} {each.measure}" for each in shown)]
    several = sum(each.measure == RANKING for each in shown) > 1
    return [*head, f"mean {RANKING}"] if several else head


def _differences(shown: Sequence[Column], row: str, bases: Sequence[str]) -> list[str]:
    found = [
        (each.measure, _difference(each, row, base))
        for each, base in zip(shown, bases, strict=True)
    ]
    cells = [difference_text(each) if each else "–" for _, each in found]
    ranked = [each for measure, each in found if measure == RANKING]
    if len(ranked) > 1:
        over = [each for each in ranked if each]
        cells.append(difference_text(over_sets(over)) if len(over) == len(ranked) else "–")
    return cells


def _base(row: str, rows: Sequence[str]) -> str:
    side = row.rpartition(", ")[2]
    return side if side != row and side in rows else DEFAULT


def _difference(column: Column, row: str, base: str) -> Estimate | None:
    if row not in column.values or base not in column.values:
        return None
    return estimate(paired(column.values[row], column.values[base]))


def _better_side(column: Column) -> str:
    return max(SIDES, key=lambda side: fmean(column.values.get(side, (0.0,))))


def _size(measured: SettingValues | None) -> tuple[str, str]:
    if measured is None:
        return "–", "–"
    return f"{measured.chunks:,}", f"{measured.characters:.0f}"
