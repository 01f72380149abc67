"""The gate's error rates as Markdown tables, a row for each pair and a column for each size."""

from collections.abc import Iterator, Mapping, Sequence

from eval.calibration import ErrorRates
from eval.calibration_study import DROPS, GOAL, MARGINS, alone
from eval.wilson import Share

Rows = Mapping[str, Sequence[str]]


def calibration_lines(rates: Sequence[ErrorRates]) -> Iterator[str]:
    """Yield the lines of every table; percent, with the 95 % interval where it matters."""
    sizes = sorted({each.cases for each in rates})
    equal = [each for each in rates if each.kind == "equal"]
    planted = [each for each in alone(rates) if each.kind == "planted"]
    yield "Equal pairs: false blocks in % (95 % interval)"
    yield from _table("labels swapped with", sizes, _false_blocks(equal))
    yield "Equal pairs: pass in %, nearly all others are inconclusive"
    yield from _table("margin, labels swapped with", sizes, _passes(equal))
    for drop in DROPS:
        title = f"A drop of {100 * drop:g} points, margin {100 * GOAL:g} points"
        yield f"{title}: misses in % (95 % interval), then inconclusive"
        yield from _table("planted", sizes, _misses([e for e in planted if _near(e.drop, drop)]))
    yield (
        f"Regressions as they are, margin {100 * GOAL:g} points: pass in %, a miss where the drop "
        "is no less than the margin, then inconclusive"
    )
    diluted = [each for each in planted if not any(_near(each.drop, drop) for drop in DROPS)]
    yield from _table("planted (true drop in points)", sizes, _as_they_are(diluted))


def _false_blocks(equal: Sequence[ErrorRates]) -> Rows:
    rows: dict[str, list[str]] = {}
    for each in alone(equal):
        rows.setdefault(each.pair, []).append(_with_interval(each.failed))
    for each in equal:
        if len(each.margins) > 1:
            name = f"{each.pair}, {len(each.margins)} metrics"
            rows.setdefault(name, []).append(_with_interval(each.failed))
    return rows


def _passes(equal: Sequence[ErrorRates]) -> Rows:
    rows: dict[str, list[str]] = {}
    for margin in MARGINS:
        for each in alone(equal, margin):
            rows.setdefault(f"{margin:g}, {each.pair}", []).append(_percent(each.passed))
    for each in equal:
        if len(each.margins) > 1:
            name = f"{len(each.margins)} metrics, {each.pair}"
            rows.setdefault(name, []).append(_percent(each.passed))
    return rows


def _misses(planted: Sequence[ErrorRates]) -> Rows:
    rows: dict[str, list[str]] = {}
    for each in planted:
        cell = f"{_with_interval(each.passed)}, {_percent(each.inconclusive)}"
        rows.setdefault(each.pair, []).append(cell)
    return rows


def _as_they_are(planted: Sequence[ErrorRates]) -> Rows:
    rows: dict[str, list[str]] = {}
    for each in planted:
        cell = f"{_percent(each.passed)}, {_percent(each.inconclusive)}"
        rows.setdefault(f"{each.pair} ({100 * each.drop:.1f})", []).append(cell)
    return rows


def _table(head: str, sizes: Sequence[int], rows: Rows) -> Iterator[str]:
    yield ""
    yield f"| {head} | " + " | ".join(f"{size} Cases" for size in sizes) + " |"
    yield "|---" * (len(sizes) + 1) + "|"
    for name, cells in rows.items():
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""


def _percent(share: Share) -> str:
    return f"{100 * share.rate:.1f}"


def _with_interval(share: Share) -> str:
    return f"{_percent(share)} ({100 * share.low:.1f} to {100 * share.high:.1f})"


def _near(left: float, right: float) -> bool:
    return abs(left - right) < 1e-9
