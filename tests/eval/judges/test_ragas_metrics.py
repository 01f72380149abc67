"""What RAGAS sends to a model, in the form that Winnow has it sent."""

import asyncio
import json
import threading
from contextvars import ContextVar
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, ValidationError

from eval.judges.model_judge import ModelJudge
from eval.judges.model_metrics import calls
from eval.judges.ragas_metrics import run_to_end, strict_reply
from eval.params import JudgedMetric
from tests.fakes import BagOfWordsEncoder
from tests.loopback.call import Call
from tests.loopback.fixture import serving
from tests.support.judged_answers import METRICS, MISLED, endpoints_of, judge_params, judged

WORD: ContextVar[str] = ContextVar("word", default="none")


async def told() -> tuple[str, int]:
    await asyncio.sleep(0)
    return WORD.get(), threading.get_ident()


def test_it_runs_here_and_where_a_loop_runs_already() -> None:
    WORD.set("given")
    assert run_to_end(told()) == ("given", threading.get_ident())

    async def within() -> tuple[str, int]:
        return run_to_end(told())

    word, thread = asyncio.run(within())
    assert word == "given"
    assert thread != threading.get_ident()


def sent(folder: Path, *metrics: JudgedMetric, provider: str = "groq") -> list[Call]:
    params = judge_params(metrics=metrics, provider=provider, temperature=0.5, max_tokens=777)
    with serving() as server, endpoints_of(server, folder) as endpoints:
        found = ModelJudge(params, endpoints, BagOfWordsEncoder()).judge([judged(text=MISLED)])
        assert {each.status for each in found} == {"scored"}
        return server.calls


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_makes_as_many_calls_as_are_announced(
    metric: JudgedMetric, tmp_path: Path
) -> None:
    assert len(sent(tmp_path, metric)) == calls(metric, judged(text=MISLED))


@pytest.mark.parametrize("provider", ["groq", "openai"])
def test_the_settings_are_sent_and_nothing_narrows_the_temperature(
    tmp_path: Path, provider: str
) -> None:
    for call in sent(tmp_path, "faithfulness", provider=provider):
        assert call.body["temperature"] == 0.5
        assert call.body["top_p"] == 1.0
        assert call.body["max_tokens"] == 777
        assert call.body["response_format"] == {"type": "json_object"}
        assert "json_schema" in call.messages[0][1]


def test_a_verdict_is_asked_for_on_each_statement(tmp_path: Path) -> None:
    _, verdicts = sent(tmp_path, "faithfulness")
    [(role, schema), _] = verdicts.messages
    assert role == "system"
    assert '"minItems": 1' in schema
    assert '"maxItems": 1' in schema
    assert '"maximum": 1' in schema


def test_nothing_is_written_into_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    sent(tmp_path, *METRICS)
    assert not list(home.iterdir())


class Verdict(BaseModel):
    statement: str
    verdict: int = Field(..., description="0 or 1")


class Verdicts(BaseModel):
    statements: list[Verdict]


class Claims(BaseModel):
    claims: list[str]


def verdicts(*values: int) -> str:
    return json.dumps({"statements": [{"statement": "s", "verdict": each} for each in values]})


def test_what_ragas_would_take_for_good_is_refused() -> None:
    reply = strict_reply(Verdicts, 2)
    good = reply.model_validate_json(verdicts(1, 0))
    assert isinstance(good, Verdicts)
    assert [each.verdict for each in good.statements] == [1, 0]
    for text in (verdicts(1), verdicts(1, 0, 1), verdicts(1, 7), verdicts()):
        with pytest.raises(ValidationError):
            reply.model_validate_json(text)


def test_a_list_of_unknown_length_holds_something() -> None:
    assert strict_reply(Verdicts).model_validate_json(verdicts(1, 1, 1))
    with pytest.raises(ValidationError):
        strict_reply(Verdicts).model_validate_json(verdicts())
    with pytest.raises(ValidationError):
        strict_reply(Claims, 3).model_validate_json('{"claims": []}')
    assert strict_reply(Claims, 3).model_validate_json('{"claims": ["one"]}')
