"""Workbench: its states, its choice, and answers that grow column by column."""

import logging
import threading

import pytest

from app.library import Library
from app.workbench.answers import AnswerColumn
from app.workbench.versions import scored_versions
from app.workbench.workbench import NOTHING_SAID, View, Workbench
from pipeline.answer import Turn
from pipeline.answerer import Answerer
from pipeline.errors import LedgerError
from tests.app.workbench.sample_library import (
    CASES,
    PRICE,
    RETURNS,
    large_chunks,
    library_over,
    record,
    sample_library,
    small_chunks,
    version_id,
)
from tests.fakes import MemoryLedger

SMALL, LARGE = scored_versions([record("small", 120, 0, 0.8), record("large", 400, 1, 0.7)], None)


def test_the_first_question_follows_nothing() -> None:
    assert NOTHING_SAID.questions == []
    assert NOTHING_SAID.history(SMALL.id) == ()


def test_each_version_has_its_own_answers() -> None:
    small, large = small_chunks().answer(RETURNS), large_chunks().answer(RETURNS)
    said = NOTHING_SAID.and_then(
        RETURNS, [AnswerColumn("A", SMALL, answer=small), AnswerColumn("B", LARGE, answer=large)]
    )
    assert said.history(SMALL.id) == (Turn(RETURNS, small.text),)
    assert said.history(LARGE.id) == (Turn(RETURNS, large.text),)


def test_who_failed_was_stopped_or_abstained_knows_the_question_alone() -> None:
    abstained, half = small_chunks().answer(PRICE), small_chunks().answer(RETURNS)
    said = NOTHING_SAID.and_then(PRICE, [AnswerColumn("A", SMALL, answer=abstained)])
    said = said.and_then(RETURNS, [AnswerColumn("A", SMALL, answer=half, stopped=True)])
    said = said.and_then("Why?", [AnswerColumn("A", SMALL, fault="no key")])
    assert said.history(SMALL.id) == (Turn(PRICE, ""), Turn(RETURNS, ""), Turn("Why?", ""))
    assert said.history("joined later") == said.history(SMALL.id)


def test_a_long_conversation_forgets_its_beginning() -> None:
    said = NOTHING_SAID
    for number in range(50):
        said = said.and_then(f"question {number}", [])
    assert said.questions[-1] == "question 49"
    assert len(said.questions) == 20


def choose(workbench: Workbench, *names: str) -> View:
    return workbench.look(View(), [version_id(name) for name in names])


def pages(workbench: Workbench, view: View, question: str, case: str | None = None) -> list[str]:
    return [shown.html for shown in workbench.ask(view, question, case)]


def test_without_a_version_it_names_the_command() -> None:
    workbench = Workbench(sample_library())
    view = workbench.look(View())
    assert "winnow run" in workbench.table(view)
    assert workbench.blank(view) == ""


def test_with_one_version_it_can_be_asked_and_says_how_to_make_a_second() -> None:
    workbench = Workbench(sample_library("small"))
    view = workbench.look(View())
    assert "dvc exp run --temp -S chunk.size=240" in workbench.table(view)
    assert "30 days of delivery" in pages(workbench, view, RETURNS)[-1]


def test_a_second_version_that_comes_later_is_shown_beside_the_first() -> None:
    ledger = MemoryLedger()
    ledger.add(record("small", 120, 0, 0.8))
    workbench = Workbench(library_over(ledger))
    view = workbench.look(View())
    ledger.add(record("large", 400, 1, 0.7))
    assert workbench.look(view).chosen == {version_id("small"): "A", version_id("large"): "B"}


def test_an_unreachable_ledger_is_said_and_passes() -> None:
    ledger = MemoryLedger()
    ledger.add(record("small", 120, 0, 0.8))
    ledger.fault = LedgerError("MLflow at http://x does not answer")
    workbench = Workbench(library_over(ledger))
    view = workbench.look(View())
    assert "MLflow at http://x does not answer" in workbench.table(view)
    ledger.fault = None
    assert "Versions" in workbench.table(workbench.look(view))


def test_answers_come_one_after_the_other() -> None:
    workbench = Workbench(sample_library("small", "large"))
    states = pages(workbench, workbench.look(View()), RETURNS)
    assert [html.count('class="answer"') for html in states] == [0, 1, 2]
    assert "Asking 2 Versions, 1 done" in states[1]
    assert 'aria-busy="false"' in states[-1]
    assert "The answers differ · 1 passage only in A · 1 passage only in B" in states[-1]


def test_a_version_that_cannot_be_opened_leaves_the_others_alone() -> None:
    workbench = Workbench(sample_library("small", "broken"))
    html = pages(workbench, workbench.look(View()), RETURNS)[-1]
    assert "cannot answer" in html
    assert "fetch it with <code>dvc pull</code>" in html
    assert html.count('class="answer"') == 1


def test_an_unexpected_fault_is_named_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def open_version(version: str) -> Answerer:
        raise RuntimeError(f"boom {version[:4]}")

    ledger = MemoryLedger()
    ledger.add(record("small", 120, 0, 0.8))
    workbench = Workbench(Library(ledger, (), open_version))
    with caplog.at_level(logging.ERROR):
        html = pages(workbench, workbench.look(View()), RETURNS)[-1]
    assert "Unexpected RuntimeError: boom" in html
    assert "RuntimeError" in caplog.text


def test_an_empty_question_and_no_choice_are_said() -> None:
    workbench = Workbench(sample_library("small", "large"))
    view = workbench.look(View())
    assert "The question is empty" in pages(workbench, view, "  \n")[0]
    assert "No Version is chosen" in pages(workbench, workbench.choose(view, []), RETURNS)[0]


def test_a_case_brings_its_panel_and_a_changed_question_drops_it() -> None:
    workbench = Workbench(sample_library("small", "large"))
    view = workbench.look(View())
    html = pages(workbench, view, PRICE, "academy-01")[-1]
    assert "cannot be answered" in html
    assert "All abstained" in html
    assert "w-case" not in pages(workbench, view, PRICE + " Really?", "academy-01")[-1]
    assert workbench.case_of(RETURNS) is CASES[0]


def test_choosing_keeps_letters_and_stops_at_four() -> None:
    names = ("small", "large", "broken", "hostile", "fifth")
    workbench = Workbench(sample_library(*names))
    view = workbench.look(View())
    view = workbench.choose(view, [version_id("fifth")])
    assert view.chosen == {version_id("fifth"): "B"}
    everything = workbench.choose(view, [version_id(name) for name in names] + ["unknown"])
    assert sorted(everything.chosen.values()) == ["A", "B", "C", "D"]


def test_an_address_names_the_versions_to_choose() -> None:
    workbench = Workbench(sample_library("small", "large", "hostile"))
    wanted = [version_id("large")[:8], version_id("small")[:8], "", "ffff"]
    view = workbench.look(View(), wanted)
    assert view.chosen == {version_id("large"): "A", version_id("small"): "B"}


def test_sorting_the_same_column_turns_it_round() -> None:
    workbench = Workbench(sample_library("small", "large"))
    view = workbench.sort(workbench.look(View()), "context_recall")
    assert 'aria-sort="descending"' in workbench.table(view)
    assert 'aria-sort="ascending"' in workbench.table(workbench.sort(view, "context_recall"))


def test_a_models_column_grows_beside_one_that_has_no_key() -> None:
    workbench = Workbench(sample_library("small", "keyless", "writer"))
    view = choose(workbench, "small", "keyless", "writer")
    assert view.waits_for_models
    states = pages(workbench, view, "Anything?")
    assert any("Writing" in html and "Asking 3 Versions, 2 done" in html for html in states)
    assert "GROQ_API_KEY is not set" in states[-1]
    assert "The reply broke off once and was begun anew." in states[-1]
    assert states[-1].count('class="fault"') == 1
    assert 'aria-busy="false"' in states[-1]


def test_a_model_that_fails_in_the_middle_is_a_fault_with_its_passages() -> None:
    workbench = Workbench(sample_library("small", "unanswered"))
    html = pages(workbench, choose(workbench, "small", "unanswered"), RETURNS)[-1]
    assert "B cannot answer" in html
    assert "503" in html
    assert "A private customer who</span>" not in html


def test_a_follow_up_goes_to_each_version_with_its_own_answers() -> None:
    workbench = Workbench(sample_library("small", "crowded"))
    view = choose(workbench, "small", "crowded")
    *_, first = workbench.ask(view, RETURNS)
    *_, second = workbench.ask(view, "And then?", "returns-01", first.conversation)
    assert f"Taken as: <q>{RETURNS} And then?</q>" in second.html
    assert "Follow-up 1 to" in second.html
    assert "within 14 days of delivery.</p>" in second.html
    assert "w-case" not in second.html
    assert "case=returns-01" in second.html
    assert second.conversation.questions == [RETURNS, "And then?"]
    *_, third = workbench.ask(view, "Who?", None, second.conversation)
    assert "Earlier answers <span>2</span>" in third.html


def test_a_question_that_stands_alone_begins_a_new_conversation() -> None:
    workbench = Workbench(sample_library("small"))
    view = workbench.look(View())
    *_, first = workbench.ask(view, RETURNS)
    *_, second = workbench.ask(view, PRICE)
    assert second.conversation.questions == [PRICE]
    assert "Follow-up" not in second.html
    assert not view.waits_for_models


def test_a_stopped_question_leaves_the_others_answers() -> None:
    workbench = Workbench(sample_library("small", "writer"))
    stop = threading.Event()
    shown = None
    for shown in workbench.ask(choose(workbench, "small", "writer"), RETURNS, stop=stop):
        if "Writing" in shown.html:
            stop.set()
    assert shown is not None
    assert not shown.busy
    assert "B was stopped" in shown.html
    assert shown.html.count("Stopped before the answer was whole.") == 1
