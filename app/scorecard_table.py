"""Scorecards as tables for the terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from eval.ledger import Record
from eval.scorecard import MetricSummary, Scorecard

SHORT = 10
_HEADLINE = {
    "context_recall": "recall",
    "ndcg": "nDCG",
    "token_f1": "F1",
    "semantic_similarity": "similarity",
}


def scorecard_table(card: Scorecard) -> Table:
    """Return one Scorecard: a metric a row, with its interval and what could not be scored."""
    table = Table(title=f"{card.cases.count} cases", title_justify="left")
    table.add_column("metric")
    for column in ("mean", "interval", "scored", "failed"):
        table.add_column(column, justify="right")
    for name, summary in card.metrics.items():
        arrow = "" if summary.higher_is_better else " ↓"
        failed = sum(summary.failed.values())
        table.add_row(
            name + arrow, mean(summary), interval(summary), str(summary.scored), str(failed)
        )
    if orphans := len(card.cases.orphans):
        quotes = "1 quote" if orphans == 1 else f"{orphans} quotes"
        table.caption = f"{quotes} not found: see `winnow cases check`"
    return table


def versions_table(records: Sequence[Record], champion: str | None) -> Table:
    """Return recorded Versions, newest first: headline metrics and the settings that differ."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("version", no_wrap=True)
    for column in _HEADLINE.values():
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("experiment", overflow="fold")
    table.add_column("differs in", overflow="fold")
    differing = differing_settings([record.scorecard for record in records])
    for record in records:
        card = record.scorecard
        mark = " ★" if card.version == champion else ""
        scores = (_of(card, name) for name in _HEADLINE)
        settings = "\n".join(f"{key}={card.settings.get(key, '–')}" for key in differing)
        experiment = record.tags.get("experiment", "")
        table.add_row(card.version[:SHORT] + mark, *scores, experiment, settings)
    if champion:
        table.caption = "★ champion"
    return table


def differing_settings(cards: Sequence[Scorecard]) -> list[str]:
    """Return the params in which Scorecards differ, by name."""
    keys = sorted({key for card in cards for key in card.settings})
    return [key for key in keys if len({str(card.settings.get(key)) for card in cards}) > 1]


def mean(summary: MetricSummary) -> str:
    """Return a mean to three places, or a dash where nothing was scored."""
    return "–" if summary.mean is None else f"{summary.mean:.3f}"


def interval(summary: MetricSummary) -> str:
    """Return the interval, or a dash."""
    if summary.low is None or summary.high is None:
        return "–"
    return f"{summary.low:.3f}..{summary.high:.3f}"


def _of(card: Scorecard, metric: str) -> str:
    summary = card.metrics.get(metric)
    return "–" if summary is None else mean(summary)
