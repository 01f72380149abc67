"""Scorecards as tables for the terminal, and how their numbers are written."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from eval.ledger.ledger import Record
from eval.scores.scorecard import Scorecard, SpendingByPart, Spent
from pipeline.endpoints.price import dollars, tokens
from pipeline.errors import counted

_HEADLINE = {
    "context_recall": "recall",
    "ndcg": "nDCG",
    "answer_alignment": "alignment",
    "token_f1": "F1",
}


def scorecard_table(card: Scorecard) -> Table:
    """Return one Scorecard: a metric a row, with its interval and what could not be scored."""
    table = Table(title=f"{card.cases.count} cases", title_justify="left")
    table.add_column("metric")
    for column in ("mean", "interval", "scored", "failed"):
        table.add_column(column, justify="right")
    for name, summary in card.metrics.items():
        table.add_row(
            name if summary.higher_is_better else f"{name} ↓",
            number(summary.mean),
            interval(summary.low, summary.high),
            str(summary.scored),
            str(sum(summary.failed.values())),
        )
    notes = [parts_text(card.spending).replace("; ", "\n")]
    if orphans := len(card.cases.orphans):
        notes.append(f"{counted(orphans, 'quote')} not found: see `winnow cases check`")
    table.caption = "\n".join(filter(None, notes)) or None
    return table


def versions_table(
    records: Sequence[Record], champion: str | None, challenger: str | None = None
) -> Table:
    """Return recorded Versions, newest first: headline metrics and the settings that differ."""
    marks = {challenger: " ☆", champion: " ★"}
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("version", no_wrap=True)
    for column in _HEADLINE.values():
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("experiment", overflow="fold")
    table.add_column("differs in", overflow="fold")
    differing = differing_settings([record.scorecard for record in records])
    for record in records:
        card = record.scorecard
        name = Text(short_id(card.version) + marks.get(card.version, ""))
        # Below the id, where lines are free: a column would leave the settings no room.
        if spent := total_text(card.spending).replace(", ", "\n"):
            name.append(f"\n{spent}", style="dim")
        summaries = (card.metrics.get(metric) for metric in _HEADLINE)
        scores = (number(summary.mean if summary else None) for summary in summaries)
        settings = "\n".join(f"{key}={card.settings.get(key, '–')}" for key in differing)
        table.add_row(name, *scores, record.tags.get("experiment", ""), settings)
    known = {record.scorecard.version for record in records}
    legend = {"★ champion": champion, "☆ challenger": challenger}
    table.caption = "  ".join(text for text, version in legend.items() if version in known) or None
    return table


def differing_settings(cards: Sequence[Scorecard]) -> list[str]:
    """Return the params in which Scorecards differ, by name."""
    keys = sorted({key for card in cards for key in card.settings})
    return [key for key in keys if len({str(card.settings.get(key)) for card in cards}) > 1]


def total_text(spending: SpendingByPart) -> str:
    """Return what answering and judging took together, or nothing where no model was asked."""
    total = Spent.total([spending.answer, spending.judge])
    return _spent_text(total) if total.tokens else ""


def parts_text(spending: SpendingByPart) -> str:
    """Return what each part took, or nothing where no model was asked."""
    parts = (("answering", spending.answer), ("judging", spending.judge))
    return "; ".join(f"{name} took {_spent_text(spent)}" for name, spent in parts if spent.tokens)


def _spent_text(spent: Spent) -> str:
    """Return `61 k tokens, $0.0421`; only tokens where no price is known."""
    count = tokens(spent.tokens)
    return count if spent.cost is None else f"{count}, {dollars(spent.cost)}"


def number(value: float | None) -> str:
    """Write a score to three places, or a dash where nothing was scored."""
    return "–" if value is None else f"{value:.3f}"


def interval(low: float | None, high: float | None) -> str:
    """Write an interval, or a dash."""
    return "–" if low is None or high is None else f"{number(low)}..{number(high)}"


def short_id(id_: str) -> str:
    """Return the first digits of a Version's or a receipt's id, enough to tell them apart."""
    return id_[:10]
