from collections.abc import Mapping
from pathlib import Path

import pytest

from eval.blame.blame import (
    STAGES,
    Blame,
    Stage,
    StageLoss,
    Step,
    Values,
    Wanted,
    explain,
    stage_losses,
)
from eval.gate.verdict import CaseDifference
from pipeline.versions.version import Version
from tests.support.mixes import WORSE, Bench, Changes, changed_version, grown_corpus

COSTS = {
    "ingest": ("error", "token_f1"),
    "chunk": ("hub", "context_recall"),
    "embed": ("filter", "context_recall"),
    "retrieve": ("filter", "token_f1"),
    "generate": ("hub", "token_f1"),
}
"""A Case and a metric that the worse stage costs something."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, corpus: Path, encoder_folder: Path) -> Bench:
    return Bench(corpus, tmp_path_factory.mktemp("blamed"), encoder_folder.parent)


@pytest.fixture(scope="module")
def baseline(bench: Bench) -> Version:
    return bench.build("baseline")


class ScriptedRemeasure:
    """Gives each version in turn the next score of a script, and counts how often it is asked."""

    def __init__(self, *scores: float | None) -> None:
        self._scores = list(scores)
        self.asked: list[Wanted] = []

    def __call__(self, version: Version, wanted: Wanted) -> Values:  # noqa: ARG002
        self.asked.append(wanted)
        score = self._scores[len(self.asked) - 1]
        if score is None:
            return {}
        return {(case, metric): score for case, metrics in wanted.items() for metric in metrics}


def lost(baseline: float, candidate: float, metric: str = "token_f1") -> CaseDifference:
    return CaseDifference("c", metric, candidate, baseline, -abs(candidate - baseline))


def walk(blame: Blame) -> Mapping[str, float | None]:
    return {step.stage: step.score for step in blame.path}


def all_changed(bench: Bench, baseline: Version) -> tuple[Version, Version]:
    return baseline, bench.worse_in("generate")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.thorough
def test_of_five_changes_the_one_that_costs_is_blamed(
    bench: Bench, baseline: Version, stage: Stage
) -> None:
    candidate = bench.worse_in(stage)
    mix = bench.mix(baseline, candidate)
    differences = bench.differences(baseline, candidate, "context_recall", "token_f1")
    blames = explain(mix, differences, bench.remeasure)
    assert mix.changed == STAGES
    assert {blame.stage for blame in blames} == {stage}
    assert COSTS[stage] in {(blame.case_id, blame.metric) for blame in blames}
    assert all(blame.share == 1.0 for blame in blames)
    assert all([step.stage for step in blame.path] == ["baseline", *STAGES] for blame in blames)


@pytest.mark.parametrize("stage", ["chunk", "retrieve", "generate"])
def test_one_change_alone_is_blamed_without_measuring(
    bench: Bench, baseline: Version, stage: Stage
) -> None:
    changes: Changes = WORSE[stage]
    candidate = bench.build(f"only {stage}", changes)
    remeasure = ScriptedRemeasure()
    differences = bench.differences(baseline, candidate, "context_recall", "token_f1")
    blames = explain(bench.mix(baseline, candidate), differences, remeasure)
    assert {blame.stage for blame in blames} == {stage}
    assert remeasure.asked == []


def test_a_changed_document_alone_is_blamed_on_ingest(
    bench: Bench, baseline: Version, corpus: Path, tmp_path: Path
) -> None:
    raw = grown_corpus(corpus, tmp_path / "raw", worse=True)
    candidate = bench.build("only ingest", raw=raw)
    differences = bench.differences(baseline, candidate, "token_f1")
    [blame] = explain(bench.mix(baseline, candidate), differences, ScriptedRemeasure())
    assert (blame.case_id, blame.stage) == ("error", "ingest")


def test_the_greatest_fall_is_blamed_and_the_earliest_of_equal_ones(
    bench: Bench, baseline: Version
) -> None:
    mix = bench.mix(*all_changed(bench, baseline))
    [blame] = explain(mix, [lost(0.9, 0.1)], ScriptedRemeasure(0.8, 0.5, 0.5, 0.2))
    assert blame.path == (
        Step("baseline", 0.9),
        Step("ingest", 0.8),
        Step("chunk", 0.5),
        Step("embed", 0.5),
        Step("retrieve", 0.2),
        Step("generate", 0.1),
    )
    assert blame.stage == "chunk"
    assert blame.share == pytest.approx(0.3 / 0.8)


def test_a_stage_that_made_good_leaves_another_with_more_than_the_loss(
    bench: Bench, baseline: Version
) -> None:
    mix = bench.mix(*all_changed(bench, baseline))
    [blame] = explain(mix, [lost(0.6, 0.4)], ScriptedRemeasure(0.6, 0.2, 0.2, 0.4))
    assert (blame.stage, blame.share) == ("chunk", 2.0)


def test_of_a_metric_that_is_better_lower_a_rise_is_the_loss(
    bench: Bench, baseline: Version
) -> None:
    mix = bench.mix(*all_changed(bench, baseline))
    scripted = ScriptedRemeasure(0.0, 0.0, 1.0, 1.0)
    [blame] = explain(mix, [lost(0.0, 1.0, "abstention_wrong")], scripted)
    assert (blame.stage, blame.share) == ("embed", 1.0)


def test_a_step_that_could_not_be_scored_counts_with_the_next(
    bench: Bench, baseline: Version
) -> None:
    mix = bench.mix(*all_changed(bench, baseline))
    [blame] = explain(mix, [lost(1.0, 0.0)], ScriptedRemeasure(1.0, None, 0.0, 0.0))
    assert walk(blame)["chunk"] is None
    assert (blame.stage, blame.share) == ("embed", 1.0)


def test_generation_is_no_suspect_where_retrieval_got_worse(
    bench: Bench, baseline: Version
) -> None:
    changed = changed_version(baseline, retrieval={"top_k": 1}, generation={"threshold": 1.0})
    remeasure = ScriptedRemeasure()
    [blame] = explain(bench.mix(baseline, changed), [lost(1.0, 0.5, "ndcg")], remeasure)
    assert blame.stage == "retrieve"
    assert remeasure.asked == []


def test_where_nothing_differs_only_a_language_model_or_the_engine_is_left(
    bench: Bench, baseline: Version
) -> None:
    model = changed_version(baseline, generation={"generator": "groq"})
    for version, metric, stage in (
        (model, "token_f1", "generate"),
        (model, "context_recall", "engine"),
        (baseline, "token_f1", "engine"),
    ):
        mix = bench.mix(version, version)
        [blame] = explain(mix, [lost(0.9, 0.2, metric)], ScriptedRemeasure())
        assert blame.stage == stage


def test_cases_that_won_or_kept_their_score_are_left_out(bench: Bench, baseline: Version) -> None:
    won = CaseDifference("c", "token_f1", 1.0, 0.0, 1.0)
    same = CaseDifference("d", "token_f1", 1.0, 1.0, 0.0)
    nothing_to_see = CaseDifference("e", "token_f1", 0.5, 0.5 + 1e-12, -1e-12)
    mix = bench.mix(*all_changed(bench, baseline))
    assert explain(mix, [won, same, nothing_to_see], ScriptedRemeasure()) == ()


def test_the_summary_counts_cases_and_adds_up_costs_by_stage() -> None:
    path = (Step("baseline", 1.0), Step("chunk", 0.5), Step("retrieve", 0.75))
    other = (Step("baseline", 1.0), Step("chunk", 1.0), Step("retrieve", 0.0))
    blames = (
        Blame("a", "ndcg", "chunk", 2.0, path),
        Blame("b", "ndcg", "retrieve", 1.0, other),
        Blame("a", "context_recall", "retrieve", 1.0, other),
    )
    assert stage_losses(blames) == (
        StageLoss("context_recall", "retrieve", 1, 1.0),
        StageLoss("ndcg", "chunk", 1, 0.5),
        StageLoss("ndcg", "retrieve", 1, 0.75),
    )
