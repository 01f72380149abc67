import json
import os
import subprocess
import sys

import pytest

from eval.cases.case import Case, Evidence
from eval.judges.judge import Judge, Judged
from eval.judges.ragas_judge import RAGAS_METRICS, RagasJudge
from eval.scores.scorecard import Score
from pipeline.answer import Answer, Sentence
from pipeline.errors import ParamsError
from tests.fakes import LetterEncoder


class BrokenEncoder(LetterEncoder):
    """Gives vectors of nothing, which have no cosine."""

    hash = "broken"

    def encode(self, texts):
        return super().encode(texts) * float("nan")


def judged(reference: str, response: str) -> Judged:
    evidence = (Evidence(document="a.md"),)
    case = Case(id="c", question="q?", answer=reference, answerable=True, evidence=evidence)
    sentences = (Sentence(response, (1,)),) if response else ()
    return Judged(case, Answer("q?", sentences, ()))


def scores(*pairs: Judged, judge: RagasJudge | None = None) -> dict[str, Score]:
    chosen = judge or RagasJudge(RAGAS_METRICS, LetterEncoder())
    return {score.metric: score for score in chosen.judge(pairs)}


def test_it_is_a_judge_of_the_metrics_that_ragas_has() -> None:
    judge = RagasJudge(("rouge_l", "token_f1"), None)
    assert isinstance(judge, Judge)
    assert judge.metrics == ("rouge_l",)


def test_an_equal_answer_is_perfect_by_every_metric() -> None:
    found = scores(judged("The hub restarts twice.", "The hub restarts twice."))
    assert {name: score.value for name, score in found.items()} == pytest.approx(
        dict.fromkeys(RAGAS_METRICS, 1.0)
    )


def test_french_is_measured_on_whole_words() -> None:
    reference = "L\u2019\u00e9t\u00e9, la t\u00e9l\u00e9commande r\u00e9siste \u00e0 la chaleur."
    found = scores(
        judged(
            reference,
            "En effet : L'\u00e9t\u00e9, la t\u00e9l\u00e9commande r\u00e9siste \u00e0 la chaleur.",
        )
    )
    assert found["string_presence"].value == 1.0
    # Eight words of ten: were accents to part words, there would be more of them.
    assert found["rouge_l"].value == pytest.approx(2 * 8 / (8 + 10))
    assert all(score.status == "scored" for score in found.values())


def test_an_abstention_scores_nothing() -> None:
    assert {score.value for score in scores(judged("The hub.", "")).values()} == {0.0}


def test_a_metric_that_breaks_is_a_reason_and_the_others_go_on() -> None:
    judge = RagasJudge(RAGAS_METRICS, BrokenEncoder())
    found = scores(judged("The hub.", "A hub."), judge=judge)
    assert found["semantic_similarity"].status == "failed"
    assert found["semantic_similarity"].reason
    assert found["rouge_l"].status == "scored"


def test_what_cannot_be_compared_is_left_out() -> None:
    found = scores(
        judged("\u4fdd\u8bc1\u671f\u4e3a\u4e24\u5e74", "\u4fdd\u8bc1\u671f\u4e3a\u4e24\u5e74")
    )
    assert found["rouge_l"].status == "not_applicable"
    assert found["chrf"].value == pytest.approx(1.0)


def test_the_hash_names_the_encoder_and_the_metrics() -> None:
    letters = RagasJudge(RAGAS_METRICS, LetterEncoder())
    assert letters.hash == RagasJudge(RAGAS_METRICS, LetterEncoder()).hash
    assert letters.hash != RagasJudge(RAGAS_METRICS, BrokenEncoder()).hash
    assert letters.hash != RagasJudge(("chrf",), LetterEncoder()).hash


def test_semantic_similarity_needs_an_encoder() -> None:
    with pytest.raises(ParamsError, match=r"score\.encoder"):
        RagasJudge(("semantic_similarity",), None)


@pytest.mark.slow
@pytest.mark.thorough
def test_it_judges_where_an_event_loop_runs_already_and_sends_nothing() -> None:
    code = """
import asyncio, json, socket, sys
def refuse(*_, **__):
    raise AssertionError("network")
socket.socket.connect = refuse
from tests.eval.judges.test_ragas_judge import judged
from eval.judges.ragas_judge import RagasJudge
assert "ragas" not in sys.modules
async def main():
    return RagasJudge(("chrf", "rouge_l"), None).judge([judged("a hub", "a hub")])
from ragas._analytics import do_not_track
print(json.dumps([[each.value for each in asyncio.run(main())], do_not_track()]))
"""
    environment = {**os.environ, "PYTHONPATH": "."}
    environment.pop("RAGAS_DO_NOT_TRACK", None)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[1.0, 1.0], True]
