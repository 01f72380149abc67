from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from eval.answers.asking import ask_cases
from eval.answers.identity import identify
from eval.blame.remeasurement import Remeasurement
from eval.judges.judge import Judged
from eval.params import AnswerParams
from eval.scores.scorecard import Score
from eval.scoring import score_answers
from pipeline.answerer import open_answerer
from pipeline.endpoints.endpoints import Endpoints
from pipeline.generation.generator import needed_prompts
from pipeline.versions.version import Version
from tests.fakes import LengthJudge
from tests.loopback.fixture import LoopbackServer, environment
from tests.support.judged_answers import judge_params
from tests.support.mixes import CASES, DEPTH, SCORE, Bench, changed_version
from tests.support.models import model_params

RETRIEVAL = frozenset({"context_recall", "ndcg"})
ANSWER = frozenset({"token_f1", "brevity", "abstention_wrong"})


class CountingJudge(LengthJudge):
    """Counts the answers that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.judged = 0

    def judge(self, answers: Sequence[Judged]) -> list[Score]:
        self.judged += len(answers)
        return super().judge(answers)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, corpus: Path, encoder_folder: Path) -> Bench:
    return Bench(corpus, tmp_path_factory.mktemp("measured"), encoder_folder.parent)


@pytest.fixture(scope="module")
def baseline(bench: Bench) -> Version:
    return bench.build("baseline")


def test_it_scores_as_the_stages_do(bench: Bench, baseline: Version) -> None:
    judge = LengthJudge()
    scored = score_answers(
        CASES,
        bench.outputs.documents(baseline.manifest),
        ask_cases(open_answerer(baseline), CASES, DEPTH),
        judge,
        SCORE,
        judge_params(provider="none"),
        identify(baseline.id, baseline.manifest, CASES, AnswerParams(depth=DEPTH)),
    )
    wanted = RETRIEVAL | ANSWER
    values = Remeasurement(bench.outputs, CASES, [judge], SCORE, DEPTH)(
        baseline, {case.id: wanted for case in CASES}
    )
    assert values == {
        (score.case_id, score.metric): score.value
        for score in scored.scores
        if score.metric in wanted and score.value is not None
    }


def test_only_what_is_wanted_is_returned_and_judged(bench: Bench, baseline: Version) -> None:
    judge = CountingJudge()
    remeasure = Remeasurement(bench.outputs, CASES, [judge], SCORE, DEPTH)
    wanted = {"hub": RETRIEVAL, "filter": frozenset({"token_f1"})}
    values = remeasure(baseline, wanted)
    assert set(values) == {("hub", "context_recall"), ("hub", "ndcg"), ("filter", "token_f1")}
    assert judge.judged == 0
    remeasure(baseline, {"hub": RETRIEVAL, "filter": frozenset({"brevity"})})
    assert judge.judged == 1


def test_a_language_model_is_asked_only_where_its_answer_is_wanted(
    bench: Bench, baseline: Version, loopback: LoopbackServer, tmp_path: Path
) -> None:
    params = model_params(generator="openai")
    worded = replace(
        changed_version(baseline, generation=params.model_dump()), prompts=needed_prompts(params)
    )
    retrieved = {case.id: RETRIEVAL for case in CASES}
    with Endpoints(environment(loopback), tmp_path) as endpoints:
        remeasure = Remeasurement(bench.outputs, CASES, (), SCORE, DEPTH, endpoints)
        assert remeasure(worded, retrieved) == bench.remeasure(baseline, retrieved)
        assert loopback.counts()["calls"] == 0
        values = remeasure(worded, {**retrieved, "hub": RETRIEVAL | {"token_f1"}})
        assert loopback.counts()["calls"] == 1
    assert values["hub", "token_f1"] > 0.0


def test_evidence_that_is_not_in_the_documents_leaves_no_value(
    bench: Bench, baseline: Version
) -> None:
    evidence = CASES[0].evidence[0].model_copy(update={"quote": "It shows a purple elephant"})
    orphan = CASES[0].model_copy(update={"evidence": (evidence,)})
    remeasure = Remeasurement(bench.outputs, [orphan], (), SCORE, DEPTH)
    assert remeasure(baseline, {orphan.id: RETRIEVAL | {"token_f1"}}).keys() == {
        (orphan.id, "token_f1")
    }
