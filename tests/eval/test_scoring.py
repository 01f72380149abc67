import random
from collections.abc import Sequence

import pytest

from eval.answers.answers import CaseAnswer, Ranked
from eval.answers.identity import Identity
from eval.cases.case import Case, Evidence, case_set_hash
from eval.scores.summary import flat_metrics
from eval.scoring import Scored, score_answers
from pipeline.answer import Answer, Passage, Sentence
from pipeline.documents.document import Document
from pipeline.errors import ArtifactError, ParamsError
from pipeline.files import hash_of
from tests.fakes import LengthJudge
from tests.support.judged_answers import judge_params, score_params

TEXT = "A" * 1000 + " The hub restarts after ten seconds. " + "B" * 1000
QUOTE = "The hub restarts after ten seconds."
START = TEXT.index(QUOTE)
DOCUMENTS = [
    Document("1", "hub.md", "", "text/markdown", "markdown", TEXT),
    Document("2", "other.md", "", "text/markdown", "markdown", "C" * 500),
]
PARAMS = score_params(budget=500, k=3, metrics=("token_f1", "exact_match"))
JUDGING = judge_params(provider="none")
HIT = ("hub.md", START, START + len(QUOTE))
MISS = ("other.md", 0, 500)


def case(name: str, **changes: object) -> Case:
    fields: dict[str, object] = {
        "id": name,
        "question": f"{name}?",
        "answer": "after ten seconds",
        "answerable": True,
        "evidence": (Evidence(document="hub.md", quote=QUOTE),),
        "tags": ("hub",),
        **changes,
    }
    return Case.model_validate(fields)


def unanswerable(name: str) -> Case:
    return case(name, answer="", answerable=False, evidence=(), tags=("absent",))


def answered(name: str, text: str, *spans: tuple[str, int, int]) -> CaseAnswer:
    sentences = (Sentence(text, (1,)),) if text else ()
    ranking = tuple(Ranked(*span, 0.5, "c", "t") for span in spans)
    return CaseAnswer(name, Answer(f"{name}?", sentences, ()), ranking)


def score(cases: Sequence[Case], answers: Sequence[CaseAnswer], **changes: object) -> Scored:
    identity = Identity(
        version="v.dir",
        engine="e",
        corpus=hash_of([document.id for document in DOCUMENTS]),
        cases=case_set_hash(cases),
        depth=1500,
        settings={"chunk.size": 200, "answer.depth": 1500},
    )
    params = PARAMS.model_copy(update=changes)
    return score_answers(cases, DOCUMENTS, answers, LengthJudge(), params, JUDGING, identity)


def values(scored: Scored, name: str) -> dict[str, float | str]:
    return {
        each.metric: each.status if each.value is None else each.value
        for each in scored.scores
        if each.case_id == name
    }


def test_every_metric_of_an_answered_case() -> None:
    scored = score([case("a")], [answered("a", "After ten seconds!?", MISS, HIT)], budget=535)
    assert values(scored, "a") == {
        "context_recall": 1.0,
        "context_precision": pytest.approx(35 / 535),
        "context_iou": pytest.approx(35 / 535),
        "hit_rate": 1.0,
        "mrr": 0.5,
        "ndcg": pytest.approx(0.6309, abs=1e-4),
        "brevity": "failed",
        "token_f1": 1.0,
        "exact_match": 1.0,
        "citation_precision": 0.0,
        "citation_coverage": 0.0,
        "abstention_wrong": 0.0,
        "abstention_right": "not_applicable",
    }


def test_the_budget_cuts_what_counts() -> None:
    scored = score([case("a")], [answered("a", "yes", MISS, HIT)], budget=510)
    assert values(scored, "a")["context_recall"] == pytest.approx(10 / 35)


def test_an_abstention_is_right_or_wrong_and_never_a_failure() -> None:
    cases = [case("a"), unanswerable("u"), unanswerable("v")]
    scored = score(cases, [answered("a", "", HIT), answered("u", ""), answered("v", "Ten.", HIT)])
    metrics = scored.scorecard.metrics
    assert values(scored, "a")["token_f1"] == 0.0
    assert values(scored, "a")["brevity"] == 0.0
    assert values(scored, "u")["token_f1"] == "not_applicable"
    assert values(scored, "v")["context_recall"] == "not_applicable"
    assert (metrics["abstention_wrong"].mean, metrics["abstention_right"].mean) == (1.0, 0.5)
    assert not metrics["abstention_wrong"].higher_is_better
    assert metrics["context_recall"].not_applicable == 2


def test_a_case_that_was_not_answered_fails_with_its_reason() -> None:
    cases = [case("a"), case("b"), unanswerable("u")]
    answers = [CaseAnswer("a", None, error="the model is away"), answered("b", "ten", HIT)]
    scored = score(cases, answers)
    summary = scored.scorecard.metrics["context_recall"]
    assert summary.failed == {"not answered: the model is away": 1}
    assert summary.coverage == 0.5
    assert values(scored, "a")["brevity"] == values(scored, "a")["token_f1"] == "failed"
    assert scored.scorecard.metrics["abstention_right"].failed == {
        "not answered: the answers do not hold this case": 1
    }


def test_missing_evidence_is_listed_and_fails_only_where_nothing_is_left() -> None:
    gone = Evidence(document="hub.md", quote="sixty fortnights of silence")
    cases = [case("a", evidence=(gone,)), case("b", evidence=(gone, *case("b").evidence))]
    scored = score(cases, [answered("a", "ten", HIT), answered("b", "ten", HIT)])
    assert scored.scorecard.cases.orphans == ("a: hub.md", "b: hub.md")
    summary = scored.scorecard.metrics["context_recall"]
    assert summary.failed == {"evidence not found: the quote is not in hub.md": 1}
    assert values(scored, "b")["context_recall"] == 1.0
    assert values(scored, "a")["token_f1"] != "failed"


def test_every_case_has_a_row_for_every_metric() -> None:
    cases = [case("a"), unanswerable("u"), case("b"), case("n", answer="")]
    answers = [
        answered("a", "ten!", HIT),
        CaseAnswer("b", None, error="x"),
        answered("n", "t", HIT),
    ]
    scored = score(cases, answers)
    metrics = set(scored.scorecard.metrics)
    assert (
        len(scored.scores)
        == len(cases) * len(metrics)
        == len({(each.case_id, each.metric) for each in scored.scores})
    )
    assert values(scored, "n")["token_f1"] == "not_applicable"
    assert values(scored, "n")["brevity"] == 1.0


def test_the_order_of_cases_and_answers_does_not_matter() -> None:
    cases = [case(name) for name in "abcdefgh"]
    answers = [
        answered(name, "ten " * at, *([HIT] * (at % 2))) for at, name in enumerate("abcdefgh")
    ]
    first = score(cases, answers)
    order = random.Random(3)
    order.shuffle(cases)
    order.shuffle(answers)
    again = score(cases, answers)
    assert again == first
    assert again.scorecard.model_dump_json() == first.scorecard.model_dump_json()


def test_tags_and_plots() -> None:
    cases = [case("a", tags=("hub", "exact")), case("b"), unanswerable("u")]
    answers = [answered("a", "ten", HIT), answered("b", "x", MISS, MISS, HIT), answered("u", "")]
    scored = score(cases, answers)
    assert scored.scorecard.tags["exact"]["context_recall"].mean == 1.0
    assert scored.recall_by_tag == (
        {"tag": "all", "context_recall": 0.5},
        {"tag": "exact", "context_recall": 1.0},
        {"tag": "hub", "context_recall": 0.5},
    )
    curve = {row["budget"]: row["context_recall"] for row in scored.recall_by_budget}
    assert curve == {500: 0.5, 1000: 0.5, 1500: 1.0}


def test_few_ranks_fail_only_when_the_depth_cut_them() -> None:
    short = score([case("a")], [answered("a", "ten", MISS)])
    assert values(short, "a")["hit_rate"] == 0.0
    cut = score([case("a")], [answered("a", "ten", ("other.md", 0, 1600))])
    assert values(cut, "a")["hit_rate"] == "failed"
    [reason] = cut.scorecard.metrics["hit_rate"].failed
    assert "raise answer.depth" in reason


def test_ranks_that_the_generator_saw_count_where_large_chunks_used_up_the_depth() -> None:
    passages = [
        Passage(rank, 0.5, "c", path, start, end, "", "", None, ())
        for rank, (path, start, end) in enumerate([("other.md", 0, 1600), MISS, HIT], start=1)
    ]
    answer = Answer("a?", (Sentence("ten", (1,)),), tuple(passages))
    answers = [CaseAnswer("a", answer, (Ranked("other.md", 0, 1600, 0.5, "c", "t"),))]
    assert values(score([case("a")], answers), "a")["mrr"] == pytest.approx(1 / 3)


def test_a_budget_beyond_the_depth_is_refused_with_the_fix() -> None:
    with pytest.raises(ParamsError, match=r"set answer\.depth to at least 9000"):
        score([case("a")], [answered("a", "ten", HIT)], budget=9000)


def test_answers_to_other_cases_or_documents_are_refused() -> None:
    cases = [case("a")]
    identity = Identity(version="v", engine="e", corpus="?", cases="?", depth=900, settings={})
    with pytest.raises(ArtifactError, match="cases changed"):
        score_answers(cases, DOCUMENTS, [], LengthJudge(), PARAMS, JUDGING, identity)
    same = identity.model_copy(update={"cases": case_set_hash(cases)})
    with pytest.raises(ArtifactError, match="documents are not those"):
        score_answers(cases, DOCUMENTS, [], LengthJudge(), PARAMS, JUDGING, same)


def test_metrics_for_dvc_are_plain_numbers() -> None:
    scored = score([case("a")], [answered("a", "ten!", HIT)])
    flat = flat_metrics(scored.scorecard)
    assert flat["context_recall"] == 1.0
    assert "brevity" not in flat
    assert (flat["failed_scores"], flat["orphans"]) == (1, 0)
    assert scored.scorecard.settings["score.metrics"] == "token_f1, exact_match"
    assert scored.scorecard.settings["chunk.size"] == 200


def test_the_citations_of_whatever_was_answered_are_scored() -> None:
    cases = [case("a"), unanswerable("u"), unanswerable("v"), case("gone")]
    passage = Passage(1, 0.5, "c", *HIT, QUOTE, "", None, ())
    cited = Answer("a?", (Sentence("ten", (1,)), Sentence("more", ())), (passage,), stray=1)
    answers = [
        CaseAnswer("a", cited, (Ranked(*HIT, 0.5, "c", "t"),)),
        CaseAnswer("u", cited),
        answered("v", ""),
    ]
    scored = score(cases, answers)
    for name in ("a", "u"):
        assert values(scored, name)["citation_precision"] == 0.5
        assert values(scored, name)["citation_coverage"] == 0.5
    assert values(scored, "v")["citation_coverage"] == "not_applicable"
    assert values(scored, "gone")["citation_coverage"] == "failed"


def test_what_answering_and_judging_took_stands_in_the_scorecard() -> None:
    answer = Answer("a?", (), (), tokens=120, cost=0.5)
    unpriced = Answer("b?", (), (), tokens=80)
    answers = [CaseAnswer("a", answer), answered("b", "ten", HIT)]
    spending = score([case("a"), case("b")], answers).scorecard.spending
    assert (spending.answer.tokens, spending.answer.cost) == (120, 0.5)
    assert (spending.judge.tokens, spending.judge.cost) == (30, 0.25)
    answers = [CaseAnswer("a", answer), CaseAnswer("b", unpriced)]
    spending = score([case("a"), case("b")], answers).scorecard.spending
    assert (spending.answer.tokens, spending.answer.cost) == (200, None)


def test_settings_of_a_judge_that_is_not_asked_determine_nothing() -> None:
    settings = score([case("a")], [answered("a", "ten", HIT)]).scorecard.settings
    assert {name for name in settings if name.startswith("judge.")} == {"judge.provider"}
