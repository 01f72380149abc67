"""Answer columns: what each chosen Version answers, as it grows, and what it alone found or says.

Answers that are whole are compared under the letters of their columns; fewer than two share
nothing that would be told.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Literal
from urllib.parse import urlencode

from markupsafe import Markup

from app.display.answers import Pieces, answer_notes, excerpt, marked_text
from app.workbench.rendering import render, short
from app.workbench.versions import ScoredVersion
from eval.answers.comparison import Comparison, MarkedAnswer, Shared, compare_answers
from eval.cases.case import Case
from pipeline.answer import Answer, Passage, Turn
from pipeline.errors import counted

PAUSE = 0.1
"""Seconds between two states of the page while models write: enough for an eye to follow."""

State = Literal["waiting", "asking", "writing", "stopped", "faulty", "answered"]


@dataclass(frozen=True, slots=True)
class AnswerColumn:
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


Ask = Callable[[AnswerColumn], Iterator[AnswerColumn]]
"""Asks the Version of a column, and yields the column as it grows until it is no longer open."""


def ask_columns(
    columns: Sequence[AnswerColumn], ask: Ask, stop: threading.Event, pause: float = PAUSE
) -> Iterator[list[AnswerColumn]]:
    """Yield all columns as they change; `stop` ends those that still wait for a model.

    Versions that answer on this machine go one after the other, so that the seconds of one are
    not those of another; then those that wait for a model's endpoint, all at once.
    """
    board = list(columns)
    remote = [at for at, column in enumerate(board) if column.version.remote]
    for at in (at for at in range(len(board)) if at not in remote):
        board[at] = replace(board[at], asking=True)
        yield list(board)
        *_, board[at] = ask(board[at])
    if remote:
        yield from _ask_together(board, remote, ask, stop, pause)
    yield list(board)


def _ask_together(
    board: list[AnswerColumn], remote: list[int], ask: Ask, stop: threading.Event, pause: float
) -> Iterator[list[AnswerColumn]]:
    inbox: SimpleQueue[tuple[int, AnswerColumn]] = SimpleQueue()

    def run(at: int, column: AnswerColumn) -> None:
        for grown in ask(column):
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


def _arrived(
    inbox: "SimpleQueue[tuple[int, AnswerColumn]]", seconds: float
) -> list[tuple[int, AnswerColumn]]:
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
    columns: Sequence[AnswerColumn],
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
    marked = compared({each.slot: each.whole for each in columns if each.whole is not None})
    busy = any(each.open for each in columns)
    return render(
        "results",
        question=question,
        earlier=earlier,
        busy=busy,
        link=_link(earlier[0] if earlier else question, columns, case),
        summary=_progress(columns) if busy else _summary(columns, marked),
        case=Markup(panel),
        columns=[Markup(column_html(each, marked)) for each in columns],
    )


def compared(answers: Mapping[str, Answer]) -> dict[str, MarkedAnswer]:
    """Mark under each letter what its answer shares with the others; nothing for a lone one."""
    if len(answers) < 2:
        return {}
    marked = compare_answers(list(answers.values())).answers
    return dict(zip(answers, marked, strict=True))


def column_html(column: AnswerColumn, marked: Mapping[str, MarkedAnswer]) -> str:
    """Render one column in whatever state it is, with what the comparison marked in it."""
    answer = column.answer
    sentences = answer.sentences if answer else ()
    own = marked.get(column.slot)
    alone = [each.sharing == "one" for each in own.sentences] if own else [False] * len(sentences)
    # A model puts everything in words of its own: to mark all of it would tell nothing.
    telling = not column.version.remote or not all(alone)
    cited_ranks = {each.rank for each in column.whole.cited} if column.whole else set()
    views = _passage_views(column, marked)
    uncited = [view for view in views if view.passage.rank not in cited_ranks]
    return render(
        "answer_column",
        column=column,
        state=column.state,
        answer=answer,
        sentences=list(zip(sentences, [telling and each for each in alone], strict=True)),
        cited=[view for view in views if view.passage.rank in cited_ranks],
        uncited=uncited,
        uncited_only=sum(view.badge_kind == "only" for view in uncited),
        notes=answer_notes(answer, column.restarts) if answer else [],
    )


@dataclass(frozen=True, slots=True)
class PassageView:
    """A passage with its badge: found by all, by some, or by this Version only."""

    passage: Passage
    pieces: Pieces
    dropped: bool
    """Whether the model never saw it, for want of room in its window."""
    badge: str = ""
    badge_kind: str = ""
    badge_help: str = ""

    @property
    def name(self) -> str:
        """The document's name without its folders."""
        return self.passage.document.rsplit("/", 1)[-1]

    @property
    def excerpt(self) -> str:
        """One line of the passage: what was cited of it, else its beginning."""
        cited = next((piece for piece, is_marked in self.pieces if is_marked), None)
        return excerpt(cited or self.passage.text)


def _passage_views(column: AnswerColumn, marked: Mapping[str, MarkedAnswer]) -> list[PassageView]:
    answer = column.answer
    if answer is None:
        return []
    sentences = answer.sentences if column.fault is None else ()
    own = marked.get(column.slot)
    found = {each.part.rank: each for each in own.passages} if own else {}
    views = []
    for passage in answer.passages:
        cited = [each.text for each in sentences if passage.rank in each.citations]
        pieces = marked_text(passage.text, cited)
        shared = found.get(passage.rank)
        badge = _badge(column.slot, shared, list(marked)) if shared else ()
        views.append(PassageView(passage, pieces, passage.rank in answer.dropped, *badge))
    return views


def _badge(slot: str, shared: Shared[Passage], slots: Sequence[str]) -> tuple[str, str, str]:
    """Return what the badge says, its style and its explanation."""
    if shared.sharing == "all":
        return "all", "shared", "Every answered Version found this place"
    if shared.sharing == "one":
        return f"only {slot}", "only", f"No other Version found this place, only {slot}"
    finders = [each for at, each in enumerate(slots) if each == slot or at in shared.others]
    return " ".join(finders), "shared", f"Found by {' and '.join(finders)}"


def _progress(columns: Sequence[AnswerColumn]) -> str:
    done = sum(not each.open for each in columns)
    return f"Asking {counted(len(columns), 'Version')}, {done} done"


def _summary(columns: Sequence[AnswerColumn], marked: Mapping[str, MarkedAnswer]) -> str:
    parts = [f"{each.slot} cannot answer" for each in columns if each.state == "faulty"]
    parts += [f"{each.slot} was stopped" for each in columns if each.state == "stopped"]
    if not marked:
        return " · ".join(parts)
    parts.append(_agreement(marked))
    alone = {slot: own.passages_shared("one") for slot, own in marked.items()}
    if not any(alone.values()):
        parts.append("the same passages" if len(marked) == 2 else "no passage found by one alone")
    parts += [
        f"{counted(count, 'passage')} only in {slot}" for slot, count in alone.items() if count
    ]
    return " · ".join(parts)


def _agreement(marked: Mapping[str, MarkedAnswer]) -> str:
    abstained = [slot for slot, own in marked.items() if own.answer.abstained]
    if len(abstained) == len(marked):
        return "All abstained"
    if abstained:
        return f"{' and '.join(abstained)} abstained"
    same = Comparison(tuple(marked.values())).same_text
    return "The same answer" if same else "The answers differ"


def _link(question: str, columns: Sequence[AnswerColumn], case: Case | None) -> str:
    """Return the query that opens the workbench with this question and these Versions.

    A follow-up means nothing alone, so the link of a conversation holds its first question.
    """
    asked = {"case": case.id} if case else {"question": question}
    versions = ",".join(short(each.version.id) for each in columns)
    return "?" + urlencode({"versions": versions, **asked})
