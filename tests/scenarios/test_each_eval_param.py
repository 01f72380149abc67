"""Every param of answer, score, judge and gate changes what comes out."""

from pathlib import Path
from typing import Any

import pytest

from eval.answers.answers import CaseAnswer, Ranked
from eval.answers.asking import ask_cases
from eval.answers.identity import Identity
from eval.cases.case import Case, Evidence, case_set_hash
from eval.gate.gate import judge_candidate
from eval.judges.judge import Judged
from eval.judges.model_judge import ModelJudge
from eval.judges.panel import open_judge
from eval.params import AnswerParams, GateParams, JudgeParams, ScoreParams
from eval.scoring import Scored, score_answers
from pipeline.answer import Answer, Sentence
from pipeline.answerer import open_answerer
from pipeline.documents.document import Document
from pipeline.endpoints.endpoints import Endpoints
from pipeline.export.loading import model_source
from pipeline.files import hash_of
from pipeline.versions.version import Version
from tests.fakes import BagOfWordsEncoder, LengthJudge
from tests.loopback.fixture import serving
from tests.support.gates import RECALL, card_of, cases_of, gate_params, scores_of
from tests.support.judged_answers import endpoints_of, judge_params, judged, score_params
from tests.support.versions import write_tiny_model

QUOTE = "The hub restarts after ten seconds"
NEARLY = "The hub restarted after ten secs"
TEXT = f"{'x ' * 400}{QUOTE}. {'y ' * 400}{NEARLY[:-5]} seconds."
HIT = ("hub.md", TEXT.index(QUOTE), TEXT.index(QUOTE) + len(QUOTE))
DOCUMENT = Document("1", "hub.md", "", "text/markdown", "markdown", TEXT)
CHANGED = {"budget": 100, "k": 2, "fuzzy": 80.0, "confidence": 0.5, "resamples": 300, "seed": 8}
JUDGED = ("metrics", "encoder")
NOBODY = judge_params(provider="none")
JUDGE: dict[str, Any] = {
    "provider": "openai",
    "model": "another",
    "metrics": ("faithfulness",),
    "temperature": 0.7,
    "max_tokens": 2047,
    "repeats": 2,
}


def case(name: str, quote: str) -> Case:
    return Case(
        id=name,
        question=f"{name}?",
        answer="after ten seconds",
        answerable=True,
        evidence=(Evidence(document="hub.md", quote=quote),),
    )


def scored(**changes: Any) -> Scored:
    cases = [case("a", QUOTE), case("b", NEARLY), case("c", QUOTE), case("d", QUOTE)]
    misses = [("hub.md", 0, 60), ("hub.md", 60, 200)]
    rankings = {"a": [HIT], "b": [HIT], "c": [misses[0], HIT], "d": [*misses, HIT]}
    answers = [
        CaseAnswer(
            name,
            Answer(f"{name}?", (Sentence("after ten seconds", (1,)),), ()),
            tuple(Ranked(*span, 0.5, "c", "t") for span in spans),
        )
        for name, spans in rankings.items()
    ]
    identity = Identity(
        version="v.dir",
        engine="e",
        corpus=hash_of([DOCUMENT.id]),
        cases=case_set_hash(cases),
        depth=1000,
        settings={},
    )
    params = score_params(**{"fuzzy": 99.0, **changes})
    return score_answers(cases, [DOCUMENT], answers, LengthJudge(), params, NOBODY, identity)


def test_every_param_of_score_is_looked_at_here() -> None:
    assert set(ScoreParams.model_fields) == {*CHANGED, *JUDGED}


@pytest.mark.parametrize(("name", "value"), CHANGED.items())
def test_score_params_change_the_scorecard(name: str, value: Any) -> None:
    before, after = scored().scorecard, scored(**{name: value}).scorecard
    assert (before.metrics, before.cases.orphans) != (after.metrics, after.cases.orphans)
    assert before.key != after.key


def test_metrics_and_encoder_change_the_judge_and_its_scores(
    tmp_path: Path,
) -> None:
    tokenizer = Path(model_source("all-MiniLM-L6-v2"))
    tiny = write_tiny_model(tmp_path / "tiny", tokenizer, tokens=256)
    asked = [Judged(case("a", QUOTE), Answer("a?", (Sentence("in ten seconds", (1,)),), ()))]
    endpoints, cache = Endpoints({}, tmp_path), tmp_path / "encoders"
    judges = [
        open_judge(score_params(**changes), NOBODY, cache, endpoints)
        for changes in (
            {"metrics": ("semantic_similarity",)},
            {"metrics": ("semantic_similarity",), "encoder": str(tiny)},
            {"metrics": ("rouge_l",)},
        )
    ]
    assert len({judge.hash for judge in judges}) == 3
    results = [[(each.metric, each.value) for each in judge.judge(asked)] for judge in judges]
    assert results[0] != results[1] != results[2]


def test_every_param_of_the_judge_is_looked_at_here() -> None:
    assert set(JudgeParams.model_fields) == set(JUDGE)


def asked_by_judge(folder: Path, **changes: Any) -> tuple[list[str], str]:
    """What a judge sends, and its hash."""
    with serving() as server, endpoints_of(server, folder) as endpoints:
        judge = ModelJudge(judge_params(**changes), endpoints, BagOfWordsEncoder())
        judge.judge([judged()])
        sent = [(each.path, sorted(each.body.items(), key=str)) for each in server.calls]
    return sorted(map(str, sent)), judge.hash


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], str]:
    return asked_by_judge(tmp_path_factory.mktemp("usual"))


@pytest.mark.parametrize(("name", "value"), JUDGE.items())
def test_judge_params_change_what_is_asked_and_the_hash(
    name: str, value: Any, tmp_path: Path, usual: tuple[list[str], str]
) -> None:
    sent, judge_hash = asked_by_judge(tmp_path, **{name: value})
    assert sent != usual[0]
    assert judge_hash != usual[1]


def test_depth_changes_how_much_is_ranked(version: Version) -> None:
    assert set(AnswerParams.model_fields) == {"depth"}
    asked = [case("a", QUOTE)]
    [few], [many] = (ask_cases(open_answerer(version), asked, depth) for depth in (60, 5000))
    assert len(few.ranking) < len(many.ranking)


@pytest.mark.parametrize(
    "changes",
    [
        {"floors": {RECALL: 0.9}},
        {"margins": {RECALL: 0.0}},
        {"guards": {"chrf": 0.0}},
        {"slices": ("rare",)},
        {"confidence": 0.9999},
        {"coverage": 1.0},
    ],
)
def test_gate_params_change_the_verdict(changes: dict[str, Any]) -> None:
    loose = gate_params(floors={RECALL: 0.1}, margins={RECALL: 0.06})
    own = {RECALL: [None, 0.0] + [0.8] * 98, "chrf": [0.5] * 99 + [0.0]}
    other = {RECALL: [0.8] * 100, "chrf": [0.5] * 100}
    arguments = (card_of(own), scores_of(own), card_of(other), scores_of(other))
    cases = cases_of(100, {1: "rare", 2: "rare"})
    assert judge_candidate(*arguments, cases, loose).outcome == "pass"
    strict = loose.model_copy(update=changes)
    assert judge_candidate(*arguments, cases, strict).outcome != "pass"


@pytest.mark.parametrize("changes", [{"resamples": 300}, {"seed": 8}])
def test_gate_params_change_the_bounds_of_a_guard_on_a_tail(changes: dict[str, int]) -> None:
    loose = gate_params(margins={}, guards={"latency_ms.p95": 50.0})
    own = {"latency_ms": [float(number * number % 97) for number in range(50)]}
    other = {"latency_ms": [float(number * number % 89) for number in range(50)]}
    arguments = (card_of(own), scores_of(own), card_of(other), scores_of(other), cases_of(50))
    [one] = judge_candidate(*arguments, loose).findings
    [two] = judge_candidate(*arguments, loose.model_copy(update=changes)).findings
    assert (one.low, one.high) != (two.low, two.high)


def test_there_is_no_gate_param_but_those_and_what_the_command_does_when_inconclusive() -> None:
    assert set(GateParams.model_fields) == {
        "floors", "margins", "guards", "slices", "confidence", "coverage",
        "on_inconclusive", "resamples", "seed",
    }  # fmt: skip
