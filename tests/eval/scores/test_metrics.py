import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from eval.cases.evidence import Target
from eval.cases.span import Span
from eval.scores.metrics import (
    answer_tokens,
    citation_coverage,
    citation_precision,
    exact_match,
    hit_at,
    ideal_gains,
    ndcg_at,
    overlap,
    overlap_targets,
    ranked_gains,
    recall_at,
    reciprocal_rank_at,
    token_f1,
    within,
)
from pipeline.answer import Answer, Passage, Sentence


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The 30-day return.", ["30", "day", "return"]),
        ("L\u2019\u00e9cran de l'appareil", ["l", "\u00e9cran", "de", "l", "appareil"]),
        ("\u00ab 3,5 V \u00bb; 1.000 \u20ac", ["3,5", "v", "1.000"]),
        ("e\u0301te\u0301 exam\u00adple", ["\u00e9t\u00e9", "example"]),
        ("\u4fdd\u8bc1\u671f\u3002", ["\u4fdd\u8bc1\u671f"]),
    ],
)
def test_words_of_any_language(text: str, tokens: list[str]) -> None:
    assert answer_tokens(text) == tokens


def test_f1_counts_repeated_words_as_often_as_both_have_them() -> None:
    assert token_f1("blue blue red", "blue red red") == pytest.approx(2 / 3)
    assert token_f1("within 30 days", "30 days") == pytest.approx(0.8)


def test_f1_of_french_is_safe() -> None:
    assert token_f1("La garantie dure deux ans.", "la garantie dure deux ans") == 1.0
    assert token_f1("un \u00e9t\u00e9", "un ete") == 0.5


def test_exact_match_looks_through_case_punctuation_and_articles() -> None:
    assert exact_match("The Hub.", "hub") == 1.0
    assert exact_match("two hubs", "hubs two") == 0.0


@given(st.text(), st.text())
def test_f1_is_a_symmetric_share(one: str, other: str) -> None:
    value = token_f1(one, other)
    assert 0.0 <= value <= 1.0
    assert value == token_f1(other, one)
    assert token_f1(one, one) == 1.0
    assert exact_match(one, other) <= value


PASSAGES = tuple(Passage(rank, 1.0, "c", "a.md", 0, 9, "text", "h", None, ()) for rank in (1, 2, 3))


def answer(*citations: tuple[int, ...], stray: int = 0) -> Answer:
    sentences = tuple(Sentence("A sentence.", each) for each in citations)
    return Answer("q?", sentences, PASSAGES, stray=stray)


@pytest.mark.parametrize(
    ("given", "precision", "coverage"),
    [
        (answer((1,), (2, 3)), 1.0, 1.0),
        (answer((1,), ()), 1.0, 0.5),
        (answer((1, 2), stray=2), 0.5, 1.0),
        (answer((), stray=1), 0.0, 0.0),
        (answer((), ()), 0.0, 0.0),
        (answer((7,), (1,)), 0.5, 0.5),
    ],
)
def test_citations_are_followed_to_passages(
    given: Answer, precision: float, coverage: float
) -> None:
    assert citation_precision(given) == precision
    assert citation_coverage(given) == coverage


SPAN = st.builds(
    lambda document, start, length: Span(document, start, start + length),
    st.sampled_from("ab"),
    st.integers(0, 60),
    st.integers(1, 25),
)
TARGETS = st.lists(
    st.builds(
        lambda grade, spans: Target(grade, tuple(spans)),
        st.integers(1, 3),
        st.lists(SPAN, min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=4,
)
RANKING = st.lists(SPAN, max_size=8)


def target(*spans: Span, grade: int = 1) -> Target:
    return Target(grade, spans)


def test_chromas_example() -> None:
    # 100 gold characters, of which two overlapping chunks of 100 bring 60.
    found = overlap([Span("a", 0, 100), Span("a", 50, 150)], [Span("a", 90, 190)])
    assert (found.recall, found.precision) == (60 / 100, 60 / 200)
    assert found.iou == 60 / (200 + 40)


def test_another_document_costs_precision_and_brings_nothing() -> None:
    found = overlap([Span("b", 0, 100), Span("a", 0, 100)], [Span("a", 0, 50)])
    assert (found.recall, found.precision) == (1.0, 0.25)


def test_one_alternative_is_enough_for_full_recall() -> None:
    targets = [target(Span("a", 0, 50), Span("b", 10, 60))]
    assert overlap_targets([Span("b", 0, 100)], targets).recall == 1.0


def test_halves_of_two_alternatives_are_no_whole() -> None:
    targets = [target(Span("a", 0, 50), Span("b", 0, 50))]
    found = overlap_targets([Span("a", 0, 25), Span("b", 25, 50)], targets)
    assert found.recall == 0.5
    assert found.precision == 1.0


def test_recall_weighs_targets_by_their_length() -> None:
    targets = [target(Span("a", 0, 30)), target(Span("a", 100, 170))]
    assert overlap_targets([Span("a", 0, 30)], targets).recall == pytest.approx(0.3)


@given(RANKING, TARGETS)
def test_character_metrics_are_shares(ranking: list[Span], targets: list[Target]) -> None:
    found = overlap_targets(ranking, targets)
    assert 0.0 <= found.iou <= min(found.recall, found.precision) <= 1.0
    assert found.recall <= 1.0 >= found.precision


@given(RANKING, TARGETS, st.integers(1, 100), st.integers(0, 100))
def test_a_larger_budget_never_loses_recall(
    ranking: list[Span], targets: list[Target], budget: int, more: int
) -> None:
    less = overlap_targets(within(ranking, budget), targets)
    wide = overlap_targets(within(ranking, budget + more), targets)
    assert less.retrieved <= budget
    assert wide.recall >= less.recall or len({each.wanted for each in (less, wide)}) > 1


def test_the_budget_cuts_the_last_passage_and_pays_for_repeats() -> None:
    ranking = [Span("a", 0, 60), Span("a", 30, 90), Span("b", 0, 60)]
    assert within(ranking, 100) == [Span("a", 0, 60), Span("a", 30, 70)]


def test_the_first_passage_to_touch_a_target_takes_its_grade() -> None:
    targets = [target(Span("a", 0, 50), grade=2), target(Span("a", 60, 70), Span("b", 0, 10))]
    ranking = [Span("a", 40, 55), Span("a", 0, 40), Span("c", 0, 9), Span("b", 5, 9)]
    assert ranked_gains(ranking, targets) == [2, 0, 0, 1]
    assert ideal_gains(targets) == [2, 1]


def test_two_equal_targets_each_give_their_grade_once() -> None:
    twice = [target(Span("a", 0, 5)), target(Span("a", 0, 5))]
    assert ranked_gains([Span("a", 0, 9), Span("a", 0, 9)], twice) == [2, 0]
    assert ndcg_at([2, 0], ideal_gains(twice), 5) == 1.0


def test_rank_metrics_look_at_k_ranks() -> None:
    gains = [0, 0, 1, 0, 2]
    assert (hit_at(gains, 2), hit_at(gains, 3)) == (0.0, 1.0)
    assert (reciprocal_rank_at(gains, 5), reciprocal_rank_at(gains, 2)) == (1 / 3, 0.0)
    assert recall_at(gains, 4, 5) == 0.5
    assert ndcg_at(gains, [2, 1], 3) == pytest.approx((1 / 2) / (2 + 1 / math.log2(3)))
    assert ndcg_at(gains, [], 3) == 0.0


def test_ndcg_agrees_with_scikit_learn() -> None:
    order = random.Random(5)
    for _ in range(50):
        grades = [order.randint(0, 3) for _ in range(12)]
        scores = [order.random() for _ in grades]
        ranked = [grade for _, grade in sorted(zip(scores, grades, strict=True), reverse=True)]
        expected = ndcg_score(np.array([grades]), np.array([scores]), k=10)
        assert ndcg_at(ranked, [grade for grade in grades if grade], 10) == pytest.approx(expected)
