import logging
from pathlib import Path
from typing import Any

import pytest

from eval.answers.answers import CaseAnswer
from eval.answers.asking import ask_cases
from eval.cases.case import Case, Evidence
from pipeline.answer import Generation, Passage, Sentence
from pipeline.answerer import Answerer
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import BudgetError, EndpointError, PrerequisiteError, QuotaError
from pipeline.generation.generator import make_generator, needed_prompts
from pipeline.params import GenerationParams, SpendingParams
from tests.fakes import LetterEncoder, ScriptedRetriever
from tests.loopback.fixture import LoopbackServer, environment, serving
from tests.support.models import ScriptedGenerator
from tests.support.versions import SETTINGS

GENERATION = Generation((Sentence("Yes.", (1,)),))
PARAMS = GenerationParams.model_validate({**SETTINGS["generation"], "generator": "groq"})
THINGS = [f"pump{row} valve{row}" for row in range(20)]
CASES = [
    Case(
        id=f"c{row:02}",
        question=f"How long does the {thing} last?",
        answer="a",
        answerable=True,
        evidence=(Evidence(document="a.md"),),
    )
    for row, thing in enumerate(THINGS)
]


def _passage(row: int, thing: str) -> Passage:
    text = f"The {thing} does last {row} years."
    return Passage(1, 1.0, f"c{row}", "a.md", 0, len(text), text, f"t{row}", None, ())


def _answerer(generator: Any) -> Answerer:
    script = {
        case.question: [_passage(row, thing)]
        for row, (case, thing) in enumerate(zip(CASES, THINGS, strict=True))
    }
    return Answerer(ScriptedRetriever(script), generator, top_k=2)


def _ask(
    server: LoopbackServer, folder: Path, spending: SpendingParams | None = None, **environ: str
) -> list[CaseAnswer]:
    patience = {"WINNOW_MODEL_SECONDS": "0.3", "WINNOW_MODEL_CALLS": "4"}
    variables = {**environment(server), **patience, **environ}
    with Endpoints(variables, folder, spending) as endpoints:
        generator = make_generator(PARAMS, LetterEncoder(), needed_prompts(PARAMS), endpoints)
        return ask_cases(_answerer(generator), CASES, 50, endpoints, PARAMS)


def test_what_every_case_needs_stops_the_run() -> None:
    script = {CASES[0].question: PrerequisiteError("set the key")}
    with pytest.raises(PrerequisiteError, match="set the key"):
        ask_cases(_answerer(ScriptedGenerator(script)), CASES, 50)


def test_faults_on_the_way_change_no_answer_and_a_second_run_asks_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as server:
        plain = _ask(server, tmp_path / "plain")
    with serving(faults=0.4, seed=3) as server:
        shaken = _ask(server, tmp_path / "shaken")
        asked = server.counts()["calls"]
        caplog.set_level(logging.INFO)
        again = _ask(server, tmp_path / "shaken")
        assert server.counts()["calls"] == asked
    assert plain == shaken == again
    assert asked > len(CASES)
    assert all(each.answer and each.answer.sentences and each.answer.tokens for each in plain)
    assert "20 of 20 Cases from stored replies" in caplog.text


def test_what_it_will_take_is_said_before_anything_is_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with serving() as server, pytest.raises(BudgetError, match=r"`spending\.tokens` is 100"):
        _ask(server, tmp_path, SpendingParams(dollars=1.0, tokens=100, prices={}))
    assert server.counts()["calls"] == 0
    assert "0 of 20 Cases from stored replies; at most 20 calls" in caplog.text


def test_a_day_s_quota_keeps_what_was_answered(tmp_path: Path) -> None:
    with serving(quota=8) as server:
        with pytest.raises(QuotaError) as caught:
            _ask(server, tmp_path)
        server.control(quota=None)
        answers = _ask(server, tmp_path)
        assert server.counts()["replies"] == len(CASES)
    assert "same command" in str(caught.value)
    assert all(each.answer for each in answers)


def test_a_request_that_is_refused_is_that_case_s_reason(tmp_path: Path) -> None:
    with serving(window=5) as server:
        answers = _ask(server, tmp_path)
    assert {each.answer for each in answers} == {None}
    assert all(each.error and "\n" not in each.error for each in answers)


def test_no_answer_table_holds_what_may_be_answered_another_time(tmp_path: Path) -> None:
    with serving(faults=1.0, fault_run=0, fault_kinds=("500",)) as server:
        with pytest.raises(EndpointError):
            _ask(server, tmp_path, WINNOW_MODEL_ATTEMPTS="2")
        server.control(faults=0.0)
        assert all(each.answer for each in _ask(server, tmp_path))
