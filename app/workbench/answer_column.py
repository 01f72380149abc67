"""Answer column: what one Version answers, the passages behind it, and what only it found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.workbench.difference import Difference
from app.workbench.marked_text import Pieces, excerpt, marked_text
from app.workbench.rendering import render
from app.workbench.scored_version import ScoredVersion
from pipeline.answer import Answer, Passage, Sentence

State = Literal["waiting", "asking", "faulty", "answered"]


@dataclass(frozen=True, slots=True)
class Column:
    """One chosen Version under its letter: waiting or asking until an Answer or a fault is set."""

    slot: str
    version: ScoredVersion
    asking: bool = False
    answer: Answer | None = None
    fault: str | None = None

    @property
    def state(self) -> State:
        """How far this column has come."""
        if self.answer is not None:
            return "answered"
        if self.fault is not None:
            return "faulty"
        return "asking" if self.asking else "waiting"


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage with its badge: found by all, by some, or by this Version only."""

    passage: Passage
    pieces: Pieces
    badge: str
    badge_kind: str
    badge_help: str

    @property
    def name(self) -> str:
        """The document's name without its folders."""
        return self.passage.document.rsplit("/", 1)[-1]

    @property
    def excerpt(self) -> str:
        """One line of the passage: what was cited of it, else its beginning."""
        return excerpt(self.pieces)


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence of the answer; `only` when no other answer says it."""

    sentence: Sentence
    only: bool


def answer_column(column: Column, difference: Difference) -> str:
    """Render one column in whatever state it is."""
    answer = column.answer
    cited = _views(column, difference, answer.cited if answer else ())
    ranks = {view.passage.rank for view in cited}
    rest = [each for each in answer.passages if each.rank not in ranks] if answer else []
    uncited = _views(column, difference, rest)
    sentences = answer.sentences if answer else ()
    return render(
        "answer_column",
        column=column,
        state=column.state,
        answer=answer,
        sentences=[
            SentenceView(sentence, difference.says_alone(column.slot, number))
            for number, sentence in enumerate(sentences)
        ],
        cited=cited,
        uncited=uncited,
        uncited_only=sum(view.badge_kind == "only" for view in uncited),
    )


def _views(
    column: Column, difference: Difference, passages: Sequence[Passage]
) -> list[PassageView]:
    views = []
    for passage in passages:
        sentences = column.answer.sentences if column.answer else ()
        cited = [each.text for each in sentences if passage.rank in each.citations]
        badge, kind, meaning = _badge(column.slot, passage.rank, difference)
        views.append(PassageView(passage, marked_text(passage.text, cited), badge, kind, meaning))
    return views


def _badge(slot: str, rank: int, difference: Difference) -> tuple[str, str, str]:
    """Return what the badge says, its style and its explanation; nothing for a lone answer."""
    if len(difference.slots) < 2:
        return "", "", ""
    finders = difference.finders(slot, rank)
    if finders == difference.slots:
        return "all", "shared", "Every answered Version found this place"
    if len(finders) == 1:
        return f"only {slot}", "only", f"No other Version found this place, only {slot}"
    return " ".join(finders), "shared", f"Found by {' and '.join(finders)}"
