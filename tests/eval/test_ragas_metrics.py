"""What RAGAS sends to a model, in the form that Winnow has it sent."""

from pathlib import Path

import pytest

from eval.judged_metric import calls
from eval.model_judge import ModelJudge
from eval.params import JudgedMetric
from tests.fakes import BagOfWordsEncoder
from tests.judged_answers import METRICS, MISLED, endpoints_of, judge_params, judged
from tests.loopback.call import Call
from tests.loopback.fixture import serving


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
