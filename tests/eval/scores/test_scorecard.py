import json
import random
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from eval.ledger.mlflow_ledger import unpack_scorecard
from eval.scores.scorecard import (
    FORMAT,
    MetricSummary,
    Score,
    Scorecard,
    Spent,
    read_scores,
    write_scores,
)
from pipeline.errors import ArtifactError
from pipeline.tables import write_table
from tests.support.gates import make_scorecard
from tests.support.project import ROOT

FIXTURES = ROOT / "tests" / "eval" / "fixtures"
FORMAT_1: dict[str, Any] = json.loads((FIXTURES / "scorecard-1.json").read_text())
SUMMARY: dict[str, Any] = FORMAT_1["metrics"]["context_recall"]


def test_there_is_a_fixture_of_every_format() -> None:
    contents = [json.loads(path.read_text()) for path in FIXTURES.glob("scorecard-*.json")]
    assert sorted(each["format"] for each in contents) == list(range(1, FORMAT + 1))


def test_a_scorecard_of_format_1_is_read_as_one_that_spent_nothing() -> None:
    card = Scorecard.model_validate_json(json.dumps(FORMAT_1))
    assert card.metrics["context_recall"].coverage == 0.75
    assert card.spending.answer.tokens == card.spending.judge.tokens == 0
    assert card.spending.answer.cost == card.spending.judge.cost == 0.0
    assert card.key == "7dbb1bd8c3d4e7863d939ae676b2442b"


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_a_scorecard_of_every_format_is_read_from_the_ledger(number: int) -> None:
    content = (FIXTURES / f"scorecard-{number}.json").read_bytes()
    packed = b64encode(zlib.compress(content)).decode()
    card = unpack_scorecard("run", {"scorecard": "1", "scorecard.0": packed})
    assert card.settings == FORMAT_1["settings"]
    assert card.format == FORMAT
    assert card.key == "7dbb1bd8c3d4e7863d939ae676b2442b"


def test_a_newer_format_is_refused() -> None:
    with pytest.raises(ValidationError, match="format"):
        Scorecard.model_validate({**FORMAT_1, "format": FORMAT + 1})


def test_coverage_is_written_and_derived_again_when_it_is_read() -> None:
    card = make_scorecard()
    content = json.loads(card.model_dump_json())
    assert content["metrics"]["rouge_l"]["coverage"] == 0.0
    assert content["spending"]["judge"] == {"tokens": 0, "cost": 0.0}
    assert Scorecard.model_validate(content) == card
    content["metrics"]["rouge_l"]["coverage"] = 0.9
    assert Scorecard.model_validate(content).metrics["rouge_l"].coverage == 0.0
    with pytest.raises(ValidationError, match="covrage"):
        MetricSummary.model_validate({**SUMMARY, "covrage": 1.0})


def test_the_key_tells_judges_and_their_settings_apart_but_not_what_they_spent() -> None:
    card = make_scorecard()
    other = {"settings": {**card.settings, "judge.repeats": 3}}
    assert card.model_copy(update=other).key != card.key
    assert card.model_copy(update={"judge": "x"}).key != card.key
    assert card.model_copy(update={"settings": {**card.settings, "x.flag": 0}}).key == card.key
    spent = {**json.loads(card.model_dump_json()), "spending": {"judge": {"tokens": 9}}}
    assert Scorecard.model_validate(spent).key == card.key


@pytest.mark.parametrize(
    "scores",
    [
        [],
        [Score.failed("q1", "rouge_l", "no reference")],
        [Score.of("q2", "chrf", 0.5), Score.not_applicable("q1", "chrf", "unanswerable")],
    ],
)
def test_scores_come_back_in_their_order(tmp_path: Path, scores: list[Score]) -> None:
    write_scores(tmp_path / "scores.parquet", scores)
    assert read_scores(tmp_path / "scores.parquet") == scores


def test_a_table_of_something_else_is_named(tmp_path: Path) -> None:
    write_table(tmp_path / "scores.parquet", pa.table({"colour": ["red"]}))
    with pytest.raises(ArtifactError, match=r"scores\.parquet does not hold scores"):
        read_scores(tmp_path / "scores.parquet")


def test_the_order_of_what_was_spent_does_not_matter() -> None:
    parts = [Spent(tokens=number, cost=0.1 / (number + 1)) for number in range(50)]
    total = Spent.total(parts)
    random.Random(3).shuffle(parts)
    assert Spent.total(parts) == total
    assert total.tokens == sum(range(50))


def test_one_unknown_price_makes_the_cost_unknown_and_keeps_the_tokens() -> None:
    assert Spent.total([Spent(tokens=3, cost=None), Spent(tokens=4, cost=0.5)]) == Spent(
        tokens=7, cost=None
    )
    assert Spent.total([]) == Spent(tokens=0, cost=0.0)
