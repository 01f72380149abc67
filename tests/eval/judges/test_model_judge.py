import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.judges.judge import Judge, Judged
from eval.judges.model_judge import ModelJudge
from eval.scores.scorecard import Score
from pipeline.errors import EndpointError, ParamsError, PrerequisiteError, QuotaError
from tests.fakes import BagOfWordsEncoder, LetterEncoder
from tests.loopback.fixture import LoopbackServer
from tests.support.judged_answers import (
    BAD,
    CALLS,
    GOOD,
    METRICS,
    MISLED,
    endpoints_of,
    judge_params,
    judged,
)


def scores(
    server: LoopbackServer, folder: Path, answers: Sequence[Judged], **changes: Any
) -> list[Score]:
    with endpoints_of(server, folder) as endpoints:
        return ModelJudge(judge_params(**changes), endpoints, BagOfWordsEncoder()).judge(answers)


def values(found: Sequence[Score], case_id: str = "c") -> dict[str, float | str | None]:
    return {
        each.metric: each.reason if each.value is None else each.value
        for each in found
        if each.case_id == case_id
    }


@pytest.mark.parametrize("provider", ["groq", "openai"])
def test_a_good_answer_scores_above_a_bad_one(
    loopback: LoopbackServer, tmp_path: Path, provider: str
) -> None:
    bad = judged("bad", BAD, ("Rinse the filter with water.", "The lamp is blue and small."))
    found = scores(loopback, tmp_path, [judged("good", GOOD), bad], provider=provider)
    assert [each.metric for each in found] == [*METRICS, *METRICS]
    good, poor = values(found, "good"), values(found, "bad")
    for metric in METRICS[:-1]:
        assert good[metric] > poor[metric], metric  # type: ignore[operator]
    assert (good["faithfulness"], good["factual_correctness"]) == (1.0, 1.0)
    assert loopback.calls[0].by_groq == (provider == "groq")


def test_what_a_relevant_passage_misleads_to_counts_as_noise(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    found = scores(loopback, tmp_path, [judged("good", GOOD), judged("misled", MISLED)])
    assert values(found, "good")["noise_sensitivity"] == 0.0
    assert values(found, "misled")["noise_sensitivity"] == 1.0


def test_a_judge_that_says_no_to_everything_lowers_scores_and_fails_nothing(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    loopback.control(judge="bad")
    found = values(scores(loopback, tmp_path, [judged()]))
    assert set(map(type, found.values())) == {float}
    assert found["faithfulness"] == found["judged_context_recall"] == 0.0


def test_an_abstention_is_judged_by_what_was_retrieved_alone(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    found = {each.metric: each for each in scores(loopback, tmp_path, [judged(text="")])}
    assert len(loopback.calls) == 4
    assert found["faithfulness"].status == found["noise_sensitivity"].status == "not_applicable"
    assert found["answer_relevancy"].value == found["factual_correctness"].value == 0.0
    assert found["judged_context_precision"].value == 1.0
    assert found["judged_context_recall"].value == 1.0


def test_what_was_not_retrieved_or_has_no_reference_is_not_asked_about(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    alone = judged("alone", passages=())
    case = judged().case.model_copy(update={"id": "bare", "answer": " "})
    bare = replace(judged("bare"), case=case)
    found = scores(loopback, tmp_path, [alone, bare])
    assert values(found, "alone")["judged_context_precision"] == 0.0
    assert values(found, "alone")["faithfulness"] == 0.0
    assert values(found, "alone")["noise_sensitivity"] == "nothing was retrieved"
    assert values(found, "bare")["factual_correctness"] == "the case has no reference answer"
    assert values(found, "bare")["faithfulness"] == 1.0


def test_passages_that_the_generator_did_not_see_are_no_contexts(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    seen = judged()
    dropped = replace(seen, answer=replace(seen.answer, dropped=(1,)))
    found = values(scores(loopback, tmp_path, [dropped]))
    assert found["judged_context_recall"] == found["faithfulness"] == 0.0


def test_a_second_run_makes_no_call_and_a_changed_case_its_own_alone(
    loopback: LoopbackServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "winnow")
    other = judged("b").case.model_copy(update={"question": "And the warranty?"})
    answers = [judged("a"), replace(judged("b"), case=other)]
    first = scores(loopback, tmp_path, answers)
    assert "2 Cases, 0 as before; 2 to judge: about 40 calls" in caplog.text
    asked = len(loopback.calls)
    assert f"judge: spent {asked} calls, " in caplog.text
    caplog.clear()
    assert scores(loopback, tmp_path, answers) == first
    assert len(loopback.calls) == asked
    assert caplog.messages == ["judge: 2 Cases, 2 as before"]
    changed = judged("b", "The warranty lasts five years, and no longer.")
    scores(loopback, tmp_path, [answers[0], replace(changed, case=other)])
    assert "2 Cases, 1 as before; 1 to judge: about" in caplog.text
    assert 0 < len(loopback.calls) - asked < CALLS


def test_the_order_of_the_answers_does_not_matter(loopback: LoopbackServer, tmp_path: Path) -> None:
    answers = [judged("a"), judged("b", BAD), judged("c", MISLED), judged("d", "")]
    first = scores(loopback, tmp_path / "one", answers)
    again = scores(loopback, tmp_path / "two", answers[::-1])
    assert sorted(first, key=repr) == sorted(again, key=repr)


def test_faults_of_transport_change_no_score(loopback: LoopbackServer, tmp_path: Path) -> None:
    answers = [judged("a"), judged("b", BAD)]
    calm = scores(loopback, tmp_path / "calm", answers)
    loopback.control(faults=0.2, retry_after=0.01, reset=True)
    assert scores(loopback, tmp_path / "rough", answers) == calm
    assert len(loopback.counts()["outcomes"]) > 3


@pytest.mark.parametrize("kind", ["syntax", "schema", "empty", "refusal", "rejected"])
def test_a_malformed_reply_is_asked_for_again_and_becomes_a_reason_in_the_end(
    loopback: LoopbackServer, tmp_path: Path, kind: str
) -> None:
    calm = scores(loopback, tmp_path / "calm", [judged()])
    loopback.control(malformed=1.0, malformed_kinds=[kind], reset=True)
    assert scores(loopback, tmp_path / "once", [judged()]) == calm
    loopback.control(malformed_always=True, reset=True)
    found = scores(loopback, tmp_path / "always", [judged()])
    assert {each.status for each in found} == {"failed"}
    assert all("malformed 3 times" in (each.reason or "") for each in found)
    assert loopback.counts()["calls"] == 3 * len(METRICS)


def test_a_reply_that_is_too_long_says_what_to_raise(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    found = scores(loopback, tmp_path, [judged()], max_tokens=3)
    assert {each.reason for each in found} == {
        "the judge's reply is longer than judge.max_tokens 3"
    }


def test_a_request_that_the_endpoint_refuses_is_a_reason(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    loopback.control(window=400)
    found = scores(loopback, tmp_path, [judged()])
    assert {each.status for each in found} == {"failed"}
    assert all("\n" not in (each.reason or "\n") for each in found)


def test_repeats_are_averaged_and_stored_apart(loopback: LoopbackServer, tmp_path: Path) -> None:
    loopback.control(judge="fickle", fickleness=0.5)
    once = [scores(loopback, tmp_path, [judged()], repeats=1)]
    with endpoints_of(loopback, tmp_path) as endpoints:
        judge = ModelJudge(judge_params(), endpoints, BagOfWordsEncoder())
        once += [judge.once(repeat).judge([judged()]) for repeat in (1, 2)]
    asked = len(loopback.calls)
    together = values(scores(loopback, tmp_path, [judged()], repeats=3))
    assert len(loopback.calls) == asked
    assert len({str(values(each)) for each in once}) > 1
    for metric in METRICS:
        each = [values(run)[metric] for run in once]
        assert together[metric] == pytest.approx(sum(each) / 3)  # type: ignore[arg-type]


def test_what_judging_is_worth_does_not_depend_on_what_was_stored(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    spent = []
    for _ in range(2):
        with endpoints_of(loopback, tmp_path) as endpoints:
            judge = ModelJudge(judge_params(), endpoints, BagOfWordsEncoder())
            judge.judge([judged()])
            spent.append(judge.spent)
    assert spent[0] == spent[1]
    assert spent[0].tokens > 1000


def test_a_case_without_a_reply_stops_the_scorecard_and_not_the_other_cases(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    loopback.control(faults=1.0, fault_kinds=["500"], fault_run=0)
    with (
        endpoints_of(loopback, tmp_path, WINNOW_MODEL_ATTEMPTS="1") as endpoints,
        pytest.raises(EndpointError) as caught,
    ):
        ModelJudge(judge_params(), endpoints, BagOfWordsEncoder()).judge([judged()])
    assert "\n" not in str(caught.value)
    loopback.control(faults=0.0)
    assert {each.status for each in scores(loopback, tmp_path, [judged()])} == {"scored"}


def test_a_used_up_quota_stops_at_once_and_what_was_judged_is_not_asked_again(
    loopback: LoopbackServer, tmp_path: Path
) -> None:
    loopback.control(quota=15)
    with pytest.raises(QuotaError):
        scores(loopback, tmp_path, [judged("a"), judged("b", BAD), judged("c", MISLED)])
    assert loopback.counts()["replies"] == 15
    loopback.control(quota=None)
    found = scores(loopback, tmp_path, [judged("a"), judged("b", BAD), judged("c", MISLED)])
    assert {each.status for each in found} == {"scored"}
    assert set(loopback.counts()["answered"].values()) == {1}


def test_a_missing_key_is_said_in_one_line(loopback: LoopbackServer, tmp_path: Path) -> None:
    with (
        endpoints_of(loopback, tmp_path, GROQ_API_KEY="") as endpoints,
        pytest.raises(PrerequisiteError, match="GROQ_API_KEY"),
    ):
        ModelJudge(judge_params(), endpoints, BagOfWordsEncoder()).judge([judged()])


def test_the_hash_covers_what_determines_a_score(loopback: LoopbackServer, tmp_path: Path) -> None:
    with endpoints_of(loopback, tmp_path) as endpoints:
        judge = ModelJudge(judge_params(), endpoints, BagOfWordsEncoder())
        assert isinstance(judge, Judge)
        others = [
            {"model": "other"},
            {"temperature": 0.5},
            {"max_tokens": 99},
            {"repeats": 2},
            {"provider": "openai"},
            {"metrics": ("faithfulness",)},
        ]
        hashes = {
            ModelJudge(judge_params(**each), endpoints, BagOfWordsEncoder()).hash for each in others
        }
        letters = ModelJudge(judge_params(), endpoints, LetterEncoder())  # type: ignore[arg-type]
        assert len({*hashes, judge.hash, letters.hash}) == len(others) + 2
        with pytest.raises(ParamsError, match=r"judge\.provider"):
            ModelJudge(judge_params(provider="none"), endpoints)
        with pytest.raises(ParamsError, match=r"score\.encoder"):
            ModelJudge(judge_params(), endpoints)
