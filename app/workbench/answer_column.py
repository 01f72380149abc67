"""Answer column: what one Version answers, the passages behind it, and what only it found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.answer_notes import answer_notes
from app.growth import Growth
from app.marked_text import Pieces, excerpt, marked_text
from app.workbench.difference import Difference
from app.workbench.rendering import render
from app.workbench.scored_version import ScoredVersion
from pipeline.answer import Answer, Passage, Sentence
from pipeline.conversation import Turn

State = Literal["waiting", "asking", "writing", "stopped", "faulty", "answered"]


@dataclass(frozen=True, slots=True)
class Column:
    """One chosen Version under its letter, and how far its answer has come.

    `earlier` is the conversation that a follow-up continues, with this Version's own answers. An
    answer is `writing` until it is whole; `restarts` counts how often it was begun anew.
    """

    slot: str
    version: ScoredVersion
    earlier: tuple[Turn, ...] = ()
    asking: bool = False
    answer: Answer | None = None
    writing: bool = False
    restarts: int = 0
    stopped: bool = False
    fault: str | None = None

    @property
    def state(self) -> State:
        """How far this column has come."""
        if self.stopped:
            return "stopped"
        if self.fault is not None:
            return "faulty"
        if self.answer is not None:
            return "writing" if self.writing else "answered"
        return "asking" if self.asking else "waiting"

    @property
    def open(self) -> bool:
        """Whether more is to come."""
        return self.state in ("waiting", "asking", "writing")

    @property
    def whole(self) -> Answer | None:
        """The answer, once nothing is to come any more."""
        return self.answer if self.state == "answered" else None


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage with its badge: found by all, by some, or by this Version only."""

    passage: Passage
    pieces: Pieces
    badge: str
    badge_kind: str
    badge_help: str
    dropped: bool = False
    """Whether the model never saw it, for want of room in its window."""

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
    sentences = answer.sentences if answer else ()
    alone = [difference.says_alone(column.slot, number) for number in range(len(sentences))]
    # A model puts everything in words of its own: to mark all of it would tell nothing.
    telling = not column.version.remote or not all(alone)
    cited = _views(column, difference, column.whole.cited if column.whole else ())
    ranks = {view.passage.rank for view in cited}
    rest = [each for each in answer.passages if each.rank not in ranks] if answer else []
    uncited = _views(column, difference, rest)
    return render(
        "answer_column",
        column=column,
        state=column.state,
        answer=answer,
        sentences=[
            SentenceView(sentence, telling and only)
            for sentence, only in zip(sentences, alone, strict=True)
        ],
        cited=cited,
        uncited=uncited,
        uncited_only=sum(view.badge_kind == "only" for view in uncited),
        notes=answer_notes(Growth(answer, column.restarts)) if answer else [],
    )


def _views(
    column: Column, difference: Difference, passages: Sequence[Passage]
) -> list[PassageView]:
    shown = column.answer if column.fault is None else None
    sentences = shown.sentences if shown else ()
    views = []
    for passage in passages:
        cited = [each.text for each in sentences if passage.rank in each.citations]
        badge = _badge(column.slot, passage.rank, difference) if column.whole else ("", "", "")
        dropped = column.answer is not None and passage.rank in column.answer.dropped
        views.append(PassageView(passage, marked_text(passage.text, cited), *badge, dropped))
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
