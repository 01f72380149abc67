"""Workbench: what the page shows, from the Library, as HTML; knows nothing of gradio."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.library import Library
from app.workbench import notice
from app.workbench.answer_column import Column
from app.workbench.case_panel import case_panel
from app.workbench.results import results
from app.workbench.scored_version import ScoredVersion, scored_versions
from app.workbench.version_table import Order, first_choice, lettered, version_table
from eval.case import Case
from eval.score import Score
from pipeline.errors import WinnowError

_log = logging.getLogger(__name__)


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


class Workbench:
    """Lists scored Versions and asks the chosen ones; one serves every open page."""

    def __init__(self, library: Library) -> None:
        """Show what a Library holds."""
        self._library = library
        self._cases = {case.id: case for case in library.cases}

    def look(self, view: View, wanted: Sequence[str] = ()) -> View:
        """Read the ledger again; keep the choice, or take `wanted` prefixes, or choose two."""
        try:
            versions = scored_versions(self._library.records(), self._library.champion())
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
            return notice.ledger_fault(view.fault)
        if not view.versions:
            return notice.no_version()
        table = version_table(view.versions, view.chosen, view.order)
        return table + notice.one_version(view.versions[0]) if len(view.versions) == 1 else table

    def blank(self, view: View) -> str:
        """Render the space for the answers while nothing was asked."""
        return notice.nothing_asked(len(self._cases)) if view.versions else ""

    def find_case(self, case_id: str) -> Case | None:
        """Return the Case with this id, if there is one."""
        return self._cases.get(case_id)

    def case_of(self, question: str, case_id: str | None = None) -> Case | None:
        """Return the Case that asks exactly this, preferring the picked one."""
        picked = self._cases.get(case_id or "")
        candidates = [picked, *self._cases.values()] if picked else self._cases.values()
        asked = question.strip()
        return next((case for case in candidates if case and case.question.strip() == asked), None)

    def ask(self, view: View, question: str, case_id: str | None = None) -> Iterator[str]:
        """Yield the results as they grow: all waiting, then one Version after the other.

        They answer one after the other, so that the seconds of one are not those of another.
        A fault stays in its own column.
        """
        question = question.strip()
        if not question:
            yield notice.empty_question()
            return
        columns = [
            Column(view.chosen[each.id], each) for each in view.versions if each.id in view.chosen
        ]
        columns.sort(key=lambda column: column.slot)
        if not columns:
            yield notice.none_chosen()
            return
        case = self.case_of(question, case_id)
        panel = self._panel(case, columns) if case else ""
        for number, column in enumerate(columns):
            columns[number] = replace(column, asking=True)
            yield results(question, columns, case, panel)
            columns[number] = self._answered(column, question)
        yield results(question, columns, case, panel)

    def _answered(self, column: Column, question: str) -> Column:
        try:
            return replace(
                column, answer=self._library.answerer(column.version.id).answer(question)
            )
        except Exception as error:
            return replace(column, fault=_reason(error))

    def _panel(self, case: Case, columns: Sequence[Column]) -> str:
        scores: dict[str, list[Score]] = {}
        faults: dict[str, str] = {}
        for column in columns:
            try:
                by_case = self._library.case_scores(column.version.record)
                scores[column.slot] = by_case.get(case.id, [])
            except Exception as error:
                faults[column.slot] = _reason(error)
        return case_panel(case, scores, faults)


def _reason(error: Exception) -> str:
    """Return a Winnow error's own message; anything else is a bug: log it and name its kind."""
    if isinstance(error, WinnowError):
        return str(error)
    _log.exception("unexpected fault in the workbench", exc_info=error)
    return f"Unexpected {type(error).__name__}: {error}. The log of `winnow app` says more."
