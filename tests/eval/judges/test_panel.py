from pathlib import Path

import pytest

from eval.judges.judge import Judge
from eval.judges.panel import JudgePanel, open_judge, open_judges
from eval.judges.ragas_judge import RagasJudge
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import PrerequisiteError
from tests.fakes import LengthJudge, LetterEncoder
from tests.loopback.fixture import serving
from tests.support.judged_answers import METRICS, endpoints_of, judge_params, judged, score_params

WORDS = score_params(metrics=("rouge_l", "chrf"))


def test_a_panel_gives_the_metrics_of_all_its_judges_and_what_they_spent() -> None:
    panel = JudgePanel([RagasJudge(("chrf",), None), LengthJudge()])
    assert isinstance(panel, Judge)
    assert panel.metrics == ("chrf", "brevity")
    found = panel.judge([judged("a"), judged("b")])
    assert {(each.case_id, each.metric) for each in found} == {
        (case, metric) for case in "ab" for metric in panel.metrics
    }
    assert (panel.spent.tokens, panel.spent.cost) == (30, 0.25)


def test_its_hash_names_every_judge() -> None:
    chrf = RagasJudge(("chrf",), None)
    assert JudgePanel([chrf]).hash == JudgePanel([RagasJudge(("chrf",), None)]).hash
    assert JudgePanel([chrf]).hash != JudgePanel([chrf, LengthJudge()]).hash
    letters = RagasJudge(("semantic_similarity",), LetterEncoder())  # type: ignore[arg-type]
    assert JudgePanel([chrf]).hash != JudgePanel([letters]).hash


def test_without_a_provider_no_key_and_no_encoder_is_needed(tmp_path: Path) -> None:
    endpoints = Endpoints({}, tmp_path)
    params = judge_params(provider="none")
    judge = open_judge(WORDS, params, tmp_path / "encoders", endpoints)
    assert judge.metrics == ("rouge_l", "chrf")
    assert {each.status for each in judge.judge([judged()])} == {"scored"}
    assert not list(tmp_path.iterdir())


def test_keyless_metrics_stay_on_beside_those_of_a_model(tmp_path: Path, encoders: Path) -> None:
    with serving() as server, endpoints_of(server, tmp_path) as endpoints:
        judge = open_judge(WORDS, judge_params(), encoders, endpoints)
        assert judge.metrics == ("rouge_l", "chrf", *METRICS)
        found = judge.judge([judged()])
    assert {each.status for each in found} == {"scored"}
    assert judge.spent.tokens > 0


def test_a_judge_without_metrics_of_a_model_asks_none(tmp_path: Path) -> None:
    _, model = open_judges(WORDS, judge_params(metrics=()), tmp_path, Endpoints({}, tmp_path))
    assert model is None


def test_the_variable_that_is_missing_is_named_when_there_is_something_to_judge(
    tmp_path: Path, encoders: Path
) -> None:
    with Endpoints({}, tmp_path) as endpoints:
        judge = open_judge(WORDS, judge_params(), encoders, endpoints)
        with pytest.raises(PrerequisiteError, match="GROQ_API_KEY"):
            judge.judge([judged()])
