import json
import zlib
from base64 import b64encode
from typing import Any

import pytest
from pydantic import ValidationError

from eval.scorecard import MetricSummary, Scorecard
from eval.scorecard_fields import unpack
from tests.scorecard_folder import make_scorecard

SUMMARY: dict[str, Any] = {
    "mean": 0.75,
    "low": 0.65,
    "high": 0.85,
    "scored": 3,
    "failed": {"no reference": 1},
    "not_applicable": 1,
    "higher_is_better": True,
}
FORMAT_1: dict[str, Any] = {
    "format": 1,
    "version": "0123456789abcdef0123456789abcdef.dir",
    "engine": "e" * 32,
    "corpus": "c" * 32,
    "cases": {"hash": "a" * 32, "count": 3, "orphans": []},
    "judge": "b" * 32,
    "settings": {"chunk.size": 200, "score.k": 5},
    "metrics": {"context_recall": SUMMARY},
    "tags": {"french": {"context_recall": SUMMARY}},
}


def test_a_scorecard_of_format_1_is_read_as_one_that_spent_nothing() -> None:
    card = Scorecard.model_validate_json(json.dumps(FORMAT_1))
    assert card.metrics["context_recall"].coverage == 0.75
    assert card.spending.answer.tokens == card.spending.judge.tokens == 0
    assert card.spending.answer.cost == card.spending.judge.cost == 0.0
    assert card.key == "7dbb1bd8c3d4e7863d939ae676b2442b"


def test_a_scorecard_of_format_1_is_read_from_the_ledger() -> None:
    packed = b64encode(zlib.compress(json.dumps(FORMAT_1).encode())).decode()
    card = unpack("run", {"scorecard": "1", "scorecard.0": packed})
    assert card.settings == FORMAT_1["settings"]
    assert card.format == 2


def test_a_newer_format_is_refused() -> None:
    with pytest.raises(ValidationError, match="format"):
        Scorecard.model_validate({**FORMAT_1, "format": 3})


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
