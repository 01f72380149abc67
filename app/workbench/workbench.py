"""Workbench: what the page shows, from the Library, as HTML; knows nothing of gradio."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from app.display.answers import follow_stream
from app.library import Library
from app.workbench.answers import AnswerColumn, ask_columns, results
from app.workbench.cases import case_panel
from app.workbench.rendering import render
from app.workbench.versions import (
    Order,
    ScoredVersion,
    first_choice,
    lettered,
    scored_versions,
    version_table,
)
from eval.cases.case import Case
from eval.scores.scorecard import Score
from pipeline.answer import Turn
from pipeline.errors import WinnowError

_ROUNDS_KEPT = 20
"""Questions that a page remembers; a model is told fewer, as `generation.history` allows."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """One question of a conversation, and the text that each Version, by its id, answered."""

    question: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """The questions since the last one that stood alone; empty before the first."""

    rounds: tuple[Round, ...] = ()

    @property
    def questions(self) -> list[str]:
        """What was asked, the first question first."""
        return [each.question for each in self.rounds]

    def history(self, version: str) -> tuple[Turn, ...]:
        """Return the questions with this Version's own answers.

        An answer is empty where it abstained, failed, or was not among the chosen.
        """
        return tuple(Turn(each.question, each.answers.get(version, "")) for each in self.rounds)

    def and_then(self, question: str, columns: Sequence[AnswerColumn]) -> "Conversation":
        """Return the conversation with one more question and its answers."""
        answers = {each.version.id: each.whole.text for each in columns if each.whole is not None}
        return Conversation((*self.rounds, Round(question, answers))[-_ROUNDS_KEPT:])


NOTHING_SAID = Conversation()
"""What a question that stands alone follows."""


@dataclass(frozen=True, slots=True)
class View:
    """What one open page shows: the Versions as last read, and the order of the table.

    `chosen` maps the id of each chosen Version to its letter; `fault` is why the ledger could
    not be read; then there are no Versions.
    """

    versions: tuple[ScoredVersion, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)
    order: Order | None = None
    fault: str | None = None

    @property
    def waits_for_models(self) -> bool:
        """Whether a chosen Version is answered by a language model behind an endpoint."""
        return any(each.remote for each in self.versions if each.id in self.chosen)


class Shown(NamedTuple):
    """What `ask` has so far: HTML, the conversation up to here, and whether more is to come."""

    html: str
    conversation: Conversation
    busy: bool = False


class Workbench:
    """Lists scored Versions and asks the chosen ones; one serves every open page."""

    def __init__(self, library: Library) -> None:
        """Show what a Library holds."""
        self.cases = {case.id: case for case in library.cases}
        self._library = library

    def look(self, view: View, wanted: Sequence[str] = ()) -> View:
        """Read the ledger again; keep the choice, or take `wanted` prefixes, or choose two."""
        try:
            ledger = self._library.ledger
            versions = scored_versions(ledger.records(), ledger.champion())
        except Exception as error:
            return replace(view, versions=(), fault=_reason(error))
        known = [each.id for each in versions]
        asked = [id_ for prefix in wanted for id_ in known if prefix and id_.startswith(prefix)]
        kept = [id_ for id_ in view.chosen if id_ in known]
        if len(view.versions) < 2 <= len(versions):
            kept = []  # A second Version has come: show it beside the first.
        chosen = lettered(asked or kept or first_choice(versions), view.chosen)
        return replace(view, versions=tuple(versions), chosen=chosen, fault=None)

    def choose(self, view: View, checked: Sequence[str]) -> View:
        """Choose the Versions whose boxes are checked; those that stay keep their letters."""
        known = {each.id for each in view.versions}
        return replace(view, chosen=lettered([id_ for id_ in checked if id_ in known], view.chosen))

    def sort(self, view: View, column: str) -> View:
        """Sort by a column; the same column again turns the order round."""
        return replace(view, order=(view.order or Order("")).turned_to(column))

    def table(self, view: View) -> str:
        """Render the Versions, or why there are none, or how to make a second."""
        if view.fault is not None:
            return _ledger_fault(view.fault)
        if not view.versions:
            return _no_version()
        table = version_table(view.versions, view.chosen, view.order)
        return table + _one_version(view.versions[0]) if len(view.versions) == 1 else table

    def blank(self, view: View) -> str:
        """Render the space for the answers while nothing was asked."""
        if not view.versions:
            return ""
        count = len(self.cases)
        pick = f", or pick one of the {count} Cases to see its reference answer too"
        text = f"Ask anything the documents should answer{pick if count else ''}."
        return _notice("No question yet", text)

    def case_of(self, question: str, case_id: str | None = None) -> Case | None:
        """Return the Case that asks exactly this, preferring the picked one."""
        picked = self.cases.get(case_id or "")
        candidates = [picked, *self.cases.values()] if picked else self.cases.values()
        asked = question.strip()
        return next((case for case in candidates if case and case.question.strip() == asked), None)

    def ask(
        self,
        view: View,
        question: str,
        case_id: str | None = None,
        conversation: Conversation = NOTHING_SAID,
        stop: threading.Event | None = None,
    ) -> Iterator[Shown]:
        """Yield the results as they grow; a fault stays in its own column.

        Args:
            view: what the page shows, with the chosen Versions.
            question: what to ask them.
            case_id: the picked Case, whose panel is shown if the question is still its own.
            conversation: what the question follows up on; each Version knows its own answers.
            stop: set from another thread to leave out what models have not yet written.
        """
        question = question.strip()
        if not question:
            text = "Type a question, or pick a Case, then ask."
            yield Shown(_notice("The question is empty", text), conversation)
            return
        columns = _columns(view, conversation)
        if not columns:
            text = "Check two to four Versions in the table above, then ask."
            yield Shown(_notice("No Version is chosen", text), conversation)
            return
        earlier = conversation.questions
        case = self.case_of(earlier[0] if earlier else question, None if earlier else case_id)
        panel = self._panel(case, columns) if case and not earlier else ""
        stop = stop or threading.Event()
        for grown in ask_columns(columns, lambda each: self._ask_one(each, question), stop):
            busy = any(each.open for each in grown)
            said = conversation if busy else conversation.and_then(question, grown)
            yield Shown(results(question, grown, case, panel, earlier), said, busy)

    def _ask_one(self, column: AnswerColumn, question: str) -> Iterator[AnswerColumn]:
        """Ask one Version, and yield its column as the answer grows."""
        try:
            answerer = self._library.answerer(column.version.id)
            for each in follow_stream(answerer.stream(question, column.earlier)):
                column = replace(
                    column, answer=each.answer, writing=not each.whole, restarts=each.restarts
                )
                yield column
        except Exception as error:
            yield replace(column, fault=_reason(error))

    def _panel(self, case: Case, columns: Sequence[AnswerColumn]) -> str:
        scores: dict[str, list[Score]] = {}
        faults: dict[str, str] = {}
        for column in columns:
            try:
                by_case = self._library.case_scores(column.version.record)
                scores[column.slot] = by_case.get(case.id, [])
            except Exception as error:
                faults[column.slot] = _reason(error)
        return case_panel(case, scores, faults)


def _columns(view: View, conversation: Conversation) -> list[AnswerColumn]:
    """Return a column for each chosen Version, in the order of their letters."""
    columns = [
        AnswerColumn(view.chosen[each.id], each, conversation.history(each.id))
        for each in view.versions
        if each.id in view.chosen
    ]
    return sorted(columns, key=lambda column: column.slot)


def _no_version() -> str:
    return _notice(
        "No Version has been scored yet",
        "A Version is made from your documents and your settings, "
        "then scored on the Cases. Build and score the first one:",
        commands=["winnow run"],
        retry="Look again",
    )


def _one_version(version: ScoredVersion) -> str:
    """Explain how a second Version is made, with a setting that differs from the first."""
    size = version.record.scorecard.settings.get("chunk.size")
    other = size * 2 if isinstance(size, int) and not isinstance(size, bool) else 400
    return _notice(
        "One Version: make a second to compare it with",
        "You can ask this one already. A second one comes from a changed setting, in a copy "
        "that leaves your files alone; it is listed here as soon as it is scored:",
        commands=[f"dvc exp run --temp -S chunk.size={other}"],
        retry="Look again",
    )


def _ledger_fault(reason: str) -> str:
    return _notice(
        "The recorded Versions cannot be read",
        reason,
        "The ledger is the MLflow store that MLFLOW_TRACKING_URI names.",
        retry="Try again",
        kind="fault",
    )


def _notice(
    title: str,
    *paragraphs: str,
    commands: Sequence[str] = (),
    retry: str | None = None,
    kind: str = "calm",
) -> str:
    return render(
        "notice", title=title, paragraphs=paragraphs, commands=commands, retry=retry, kind=kind
    )


def _reason(error: Exception) -> str:
    """Return a Winnow error's own message; anything else is a bug: log it and name its kind."""
    if isinstance(error, WinnowError):
        return str(error)
    _log.exception("unexpected fault in the workbench", exc_info=error)
    return f"Unexpected {type(error).__name__}: {error}. The log of `winnow app` says more."
