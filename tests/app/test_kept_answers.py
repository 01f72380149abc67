from pathlib import Path

import pytest

from app.kept_answers import answers_again, kept_answers
from eval.answers import CaseAnswer, write_answers
from eval.identity import Identity
from pipeline.answer import Generation, Sentence
from pipeline.answerer import Answerer
from pipeline.artifact import write_json
from pipeline.endpoints import Endpoints
from pipeline.errors import NotStoredError
from tests.app.gate_report.sample_verdict import CANDIDATE, CASES, NEW, answers
from tests.fakes import ScriptedRetriever
from tests.scripted_generator import ScriptedGenerator

CARD = CANDIDATE.scorecard
ANSWERS = list(answers()[1].values())


def folder(root: Path, **changes: str) -> dict[str, Path]:
    """A folder of answers as the stage writes it."""
    made = {"version": NEW, "engine": CARD.engine, "cases": CARD.cases.hash, **changes}
    identity = Identity(corpus="c", depth=1, settings={}, **made)
    write_answers(root / "answers.parquet", ANSWERS)
    write_json(root / "meta.json", identity.model_dump(mode="json"))
    return {path.name: path for path in root.iterdir()}


def test_answers_of_the_same_version_engine_and_cases_are_found(tmp_path: Path) -> None:
    (tmp_path / "right").mkdir()
    found = kept_answers(CARD, [{}, folder(tmp_path / "right")])
    assert found == {each.case_id: each for each in ANSWERS}


@pytest.mark.parametrize("changed", ["version", "engine", "cases"])
def test_answers_of_anything_else_are_not(tmp_path: Path, changed: str) -> None:
    assert kept_answers(CARD, [folder(tmp_path, **{changed: "other"})]) is None


def test_a_broken_folder_is_passed_over(tmp_path: Path) -> None:
    files = folder(tmp_path)
    files["answers.parquet"].write_bytes(b"none")
    assert kept_answers(CARD, [files]) is None


def test_asking_again_spends_nothing_and_keeps_what_was_raised(tmp_path: Path) -> None:
    asked = CASES[1:4]
    script: dict[str, Generation | Exception] = {
        asked[0].question: Generation((Sentence("Five.", ()),)),
        asked[1].question: NotStoredError("not stored"),
        asked[2].question: ValueError("no room\nat all"),
    }
    answerer = Answerer(ScriptedRetriever({}), ScriptedGenerator(script), top_k=1)
    found = answers_again(answerer, asked, Endpoints({}, tmp_path))
    assert list(found) == ["c001", "c003"]
    assert found["c001"].answer is not None
    assert found["c001"].answer.text == "Five."
    assert found["c003"] == CaseAnswer("c003", None, error="no room")
