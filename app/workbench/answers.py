"""Answer column: what one Version answers, the passages behind it, and what only it found."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Literal
from urllib.parse import urlencode

from markupsafe import Markup

from app.display.answers import Growth, Pieces, answer_notes, excerpt, marked_text
from app.workbench.rendering import render, short
from app.workbench.versions import ScoredVersion
from eval.answers.comparison import Comparison, compare_answers
from eval.cases.case import Case
from pipeline.answer import Answer, Passage, Sentence, Turn


@dataclass(frozen=True, slots=True)
class Difference:
    """Who found a passage and who says a sentence alone; `slots` are those that answered."""

    slots: tuple[str, ...] = ()
    same_text: bool = True
    found: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    alone: frozenset[tuple[str, int]] = frozenset()

    def finders(self, slot: str, rank: int) -> tuple[str, ...]:
        """Return the letters of all that found a passage, its own included."""
        return self.found.get((slot, rank), (slot,))

    def says_alone(self, slot: str, number: int) -> bool:
        """Whether no other answer holds the sentence with this number, counted from 0."""
        return (slot, number) in self.alone

    def found_alone(self, slot: str) -> int:
        """Count the passages that only this one found."""
        return sum(finders == (slot,) for (own, _), finders in self.found.items() if own == slot)


def difference_of(answers: Mapping[str, Answer]) -> Difference:
    """Compare the answers under their letters; fewer than two differ in nothing."""
    slots = tuple(answers)
    if len(slots) < 2:
        return Difference(slots)
    comparison = compare_answers(list(answers.values()))
    return Difference(
        slots=slots,
        same_text=comparison.same_text,
        found=_found(slots, comparison),
        alone=frozenset(
            (slot, number)
            for slot, column in zip(slots, comparison.answers, strict=True)
            for number, shared in enumerate(column.sentences)
            if shared.sharing == "one"
        ),
    )


def _found(
    slots: tuple[str, ...], comparison: Comparison
) -> dict[tuple[str, int], tuple[str, ...]]:
    return {
        (slots[own], shared.part.rank): tuple(
            slot for at, slot in enumerate(slots) if at == own or at in shared.others
        )
        for own, column in enumerate(comparison.answers)
        for shared in column.passages
    }


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


PAUSE = 0.1
"""Seconds between two states of the page while models write: enough for an eye to follow."""

Follow = Callable[[Column], Iterator[Column]]
"""Asks the Version of a column, and yields the column as it grows until it is no longer open."""


def grow(
    columns: Sequence[Column], follow: Follow, stop: threading.Event, pause: float = PAUSE
) -> Iterator[list[Column]]:
    """Yield all columns as they change; `stop` ends those that still wait for a model.

    Versions that answer on this machine go one after the other, so that the seconds of one are
    not those of another; then those that wait for a model's endpoint, all at once.
    """
    board = list(columns)
    remote = [at for at, column in enumerate(board) if column.version.remote]
    for at in (at for at in range(len(board)) if at not in remote):
        board[at] = replace(board[at], asking=True)
        yield list(board)
        *_, board[at] = follow(board[at])
    if remote:
        yield from _together(board, remote, follow, stop, pause)
    yield list(board)


def _together(
    board: list[Column], remote: list[int], follow: Follow, stop: threading.Event, pause: float
) -> Iterator[list[Column]]:
    inbox: SimpleQueue[tuple[int, Column]] = SimpleQueue()

    def run(at: int, column: Column) -> None:
        for grown in follow(column):
            inbox.put((at, grown))
            if stop.is_set():
                return

    try:
        for at in remote:
            board[at] = replace(board[at], asking=True)
            threading.Thread(target=run, args=(at, board[at]), daemon=True).start()
        while any(board[at].open for at in remote) and not stop.is_set():
            yield list(board)
            stop.wait(pause)
            for at, column in _arrived(inbox, pause):
                board[at] = column
        for at in remote:
            board[at] = replace(board[at], stopped=board[at].open)
    finally:
        # Also when nobody listens any more: a page that was closed asks for nothing.
        stop.set()


def _arrived(inbox: "SimpleQueue[tuple[int, Column]]", seconds: float) -> list[tuple[int, Column]]:
    """Return what has come, after at most so many seconds of waiting for the first."""
    arrived = []
    try:
        arrived.append(inbox.get(timeout=seconds))
        while True:
            arrived.append(inbox.get_nowait())
    except Empty:
        return arrived


def results(
    question: str,
    columns: Sequence[Column],
    case: Case | None,
    panel: str = "",
    earlier: Sequence[str] = (),
) -> str:
    """Render the answers so far.

    Args:
        question: what was asked.
        columns: the chosen Versions, each as far as it has come.
        case: the Case that asks this, or asks the first question of the conversation.
        panel: the HTML of the picked Case, if there is one.
        earlier: the questions that this one follows up on, the first question first.
    """
    answers = {each.slot: each.whole for each in columns if each.whole is not None}
    difference = difference_of(answers)
    busy = any(each.open for each in columns)
    return render(
        "results",
        question=question,
        earlier=earlier,
        busy=busy,
        link=_link(earlier[0] if earlier else question, columns, case),
        summary=_progress(columns) if busy else _summary(columns, answers, difference),
        case=Markup(panel),
        columns=[Markup(answer_column(each, difference)) for each in columns],
    )


def _progress(columns: Sequence[Column]) -> str:
    done = sum(not each.open for each in columns)
    return f"Asking {len(columns)} Version{'s' * (len(columns) > 1)}, {done} done"


def _summary(columns: Sequence[Column], answers: dict[str, Answer], difference: Difference) -> str:
    failures = [f"{each.slot} cannot answer" for each in columns if each.state == "faulty"]
    failures += [f"{each.slot} was stopped" for each in columns if each.state == "stopped"]
    if len(answers) < 2:
        return " · ".join(failures)
    parts = [*failures, _agreement(answers, difference)]
    alone = {slot: difference.found_alone(slot) for slot in answers}
    if not any(alone.values()):
        parts.append("the same passages" if len(answers) == 2 else "no passage found by one alone")
    parts += [
        f"{count} passage{'s' * (count != 1)} only in {slot}"
        for slot, count in alone.items()
        if count
    ]
    return " · ".join(parts)


def _agreement(answers: dict[str, Answer], difference: Difference) -> str:
    abstained = [slot for slot, answer in answers.items() if answer.abstained]
    if len(abstained) == len(answers):
        return "All abstained"
    if abstained:
        return f"{' and '.join(abstained)} abstained"
    return "The same answer" if difference.same_text else "The answers differ"


def _link(question: str, columns: Sequence[Column], case: Case | None) -> str:
    """Return the query that opens the workbench with this question and these Versions.

    A follow-up means nothing alone, so the link of a conversation holds its first question.
    """
    asked = {"case": case.id} if case else {"question": question}
    versions = ",".join(short(each.version.id) for each in columns)
    return "?" + urlencode({"versions": versions, **asked})
