import pytest

from eval.gate import Finding, judge_candidate
from eval.params import GateParams
from eval.scorecard import CaseSet, MetricSummary, Scorecard

PARAMS = GateParams(
    floors={"context_recall": 0.5, "abstention_wrong": 0.3},
    tolerance={"context_recall": 0.02, "abstention_wrong": 0.05},
    coverage=0.9,
)


def summary(mean: float | None, failed: int = 0, higher: bool = True) -> MetricSummary:
    scored = 0 if mean is None else 10
    reasons = {"the model is away": failed} if failed else {}
    return MetricSummary(
        mean=mean,
        low=mean,
        high=mean,
        scored=scored,
        failed=reasons,
        not_applicable=0,
        higher_is_better=higher,
    )


def card(recall: float | None = 0.7, wrong: float = 0.1, **changes: object) -> Scorecard:
    fields: dict[str, object] = {
        "version": "new.dir",
        "engine": "e",
        "corpus": "c",
        "cases": CaseSet(hash="s", count=10, orphans=()),
        "judge": "j",
        "settings": {"chunk.size": 200, "score.budget": 2000},
        "metrics": {
            "context_recall": summary(recall),
            "abstention_wrong": summary(wrong, higher=False),
        },
        "tags": {},
        **changes,
    }
    return Scorecard.model_validate(fields)


CHAMPION = card(version="old.dir", settings={"chunk.size": 400, "score.budget": 2000})


def failures(candidate: Scorecard, champion: Scorecard | None = CHAMPION) -> list[Finding]:
    verdict = judge_candidate(candidate, champion, PARAMS)
    assert (verdict.outcome == "fail") == any(not each.passed for each in verdict.findings)
    return [each for each in verdict.findings if not each.passed]


def test_a_candidate_as_good_as_the_champion_passes() -> None:
    verdict = judge_candidate(card(recall=0.68, wrong=0.15), CHAMPION, PARAMS)
    assert verdict.outcome == "pass"
    assert [each.rule for each in verdict.findings] == ["floor"] * 2 + ["difference"] * 2
    assert verdict.champion == "old.dir"


def test_worse_than_tolerated_fails_in_the_metrics_own_direction() -> None:
    [recall] = failures(card(recall=0.67))
    assert (recall.metric, recall.rule) == ("context_recall", "difference")
    assert recall.difference == pytest.approx(-0.03)
    [wrong] = failures(card(wrong=0.2))
    assert (wrong.metric, wrong.difference) == ("abstention_wrong", pytest.approx(0.1))
    assert failures(card(recall=0.9, wrong=0.0)) == []


def test_floors_hold_for_any_version() -> None:
    assert [each.rule for each in failures(card(recall=0.4), None)] == ["floor"]
    assert [each.metric for each in failures(card(wrong=0.31), None)] == ["abstention_wrong"]


def test_without_a_champion_only_floors_are_judged_and_it_says_so() -> None:
    verdict = judge_candidate(card(), None, PARAMS)
    assert verdict.outcome == "pass"
    assert verdict.champion is None
    assert "no champion" in verdict.notes[0]


def test_a_metric_without_a_mean_fails_closed() -> None:
    found = failures(card(recall=None))
    assert [each.rule for each in found] == ["floor", "difference"]
    assert "no case was scored" in found[0].reason


def test_a_missing_metric_fails_closed_with_a_suggestion() -> None:
    params = PARAMS.model_copy(update={"floors": {"context_recal": 0.1}, "tolerance": {}})
    verdict = judge_candidate(card(), CHAMPION, params)
    assert verdict.outcome == "fail"
    assert "did you mean context_recall?" in verdict.findings[0].reason


def test_too_few_scored_cases_fail_closed() -> None:
    metrics = {**card().metrics, "context_recall": summary(0.99, failed=5)}
    found = failures(card(metrics=metrics))
    assert "66.7%" in found[0].reason
    assert "the model is away" in found[0].reason


def test_a_champion_that_lacks_the_metric_fails_closed() -> None:
    bare = CHAMPION.model_copy(update={"metrics": {"abstention_wrong": summary(0.1, higher=False)}})
    [found] = failures(card(), bare)
    assert "score the champion again" in found.reason


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cases": CaseSet(hash="other", count=9, orphans=())}, "different cases"),
        ({"judge": "other"}, "different judges"),
        ({"engine": "other"}, "different engines"),
        ({"settings": {"score.budget": 4000}}, "different score.budget"),
    ],
)
def test_what_cannot_be_compared_is_inconclusive(changes: dict[str, object], said: str) -> None:
    verdict = judge_candidate(card(**changes), CHAMPION, PARAMS)
    assert verdict.outcome == "inconclusive"
    assert said in verdict.notes[0]
    assert "score the champion old.dir again" in verdict.notes[0]


def test_a_broken_floor_fails_even_where_nothing_can_be_compared() -> None:
    assert judge_candidate(card(recall=0.1, judge="other"), CHAMPION, PARAMS).outcome == "fail"


def test_a_gate_that_asks_nothing_does_not_pass() -> None:
    nothing = GateParams(floors={}, tolerance={}, coverage=0.9)
    assert judge_candidate(card(), None, nothing).outcome == "inconclusive"
    assert judge_candidate(card(), CHAMPION, nothing).outcome == "inconclusive"


def test_noise_sensitivity_is_better_lower_and_a_judge_that_one_lacks_fails_closed() -> None:
    params = GateParams(
        floors={"noise_sensitivity": 0.3}, tolerance={"noise_sensitivity": 0.05}, coverage=0.9
    )

    def judged(mean: float, **changes: object) -> Scorecard:
        return card(metrics={"noise_sensitivity": summary(mean, higher=False)}, **changes)

    champion = judged(0.2, version="old.dir")
    assert judge_candidate(judged(0.1), champion, params).outcome == "pass"
    worse = judge_candidate(judged(0.29), champion, params)
    assert [each.rule for each in worse.findings if not each.passed] == ["difference"]
    assert not judge_candidate(judged(0.31), champion, params).findings[0].passed
    for candidate, other in ((card(), champion), (judged(0.1), CHAMPION)):
        assert judge_candidate(candidate, other, params).outcome == "fail"


def test_another_judge_model_makes_two_scorecards_incomparable() -> None:
    one = card(settings={"judge.provider": "groq", "judge.model": "large"})
    other = card(version="old.dir", settings={"judge.provider": "groq", "judge.model": "small"})
    verdict = judge_candidate(one, other, PARAMS)
    assert verdict.outcome == "inconclusive"
    assert "different judge.model" in verdict.notes[-1]
