import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from eval.evidence import Target
from eval.place import Place
from eval.retrieval_metric import (
    hit_at,
    ideal_gains,
    ndcg_at,
    overlap,
    overlap_targets,
    ranked_gains,
    recall_at,
    reciprocal_rank_at,
    within,
)

PLACE = st.builds(
    lambda document, start, length: Place(document, start, start + length),
    st.sampled_from("ab"),
    st.integers(0, 60),
    st.integers(1, 25),
)
TARGETS = st.lists(
    st.builds(
        lambda grade, places: Target(grade, tuple(places)),
        st.integers(1, 3),
        st.lists(PLACE, min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=4,
)
RANKING = st.lists(PLACE, max_size=8)


def target(*places: Place, grade: int = 1) -> Target:
    return Target(grade, places)


def test_chromas_example() -> None:
    # 100 gold characters, of which two overlapping chunks of 100 bring 60.
    found = overlap([Place("a", 0, 100), Place("a", 50, 150)], [Place("a", 90, 190)])
    assert (found.recall, found.precision) == (60 / 100, 60 / 200)
    assert found.iou == 60 / (200 + 40)


def test_another_document_costs_precision_and_brings_nothing() -> None:
    found = overlap([Place("b", 0, 100), Place("a", 0, 100)], [Place("a", 0, 50)])
    assert (found.recall, found.precision) == (1.0, 0.25)


def test_one_alternative_is_enough_for_full_recall() -> None:
    targets = [target(Place("a", 0, 50), Place("b", 10, 60))]
    assert overlap_targets([Place("b", 0, 100)], targets).recall == 1.0


def test_halves_of_two_alternatives_are_no_whole() -> None:
    targets = [target(Place("a", 0, 50), Place("b", 0, 50))]
    found = overlap_targets([Place("a", 0, 25), Place("b", 25, 50)], targets)
    assert found.recall == 0.5
    assert found.precision == 1.0


def test_recall_weighs_targets_by_their_length() -> None:
    targets = [target(Place("a", 0, 30)), target(Place("a", 100, 170))]
    assert overlap_targets([Place("a", 0, 30)], targets).recall == pytest.approx(0.3)


@given(RANKING, TARGETS)
def test_character_metrics_are_shares(ranking: list[Place], targets: list[Target]) -> None:
    found = overlap_targets(ranking, targets)
    assert 0.0 <= found.iou <= min(found.recall, found.precision) <= 1.0
    assert found.recall <= 1.0 >= found.precision


@given(RANKING, TARGETS, st.integers(1, 100), st.integers(0, 100))
def test_a_larger_budget_never_loses_recall(
    ranking: list[Place], targets: list[Target], budget: int, more: int
) -> None:
    less = overlap_targets(within(ranking, budget), targets)
    wide = overlap_targets(within(ranking, budget + more), targets)
    assert less.retrieved <= budget
    assert wide.recall >= less.recall or len({each.wanted for each in (less, wide)}) > 1


def test_the_budget_cuts_the_last_passage_and_pays_for_repeats() -> None:
    ranking = [Place("a", 0, 60), Place("a", 30, 90), Place("b", 0, 60)]
    assert within(ranking, 100) == [Place("a", 0, 60), Place("a", 30, 70)]


def test_the_first_passage_to_touch_a_target_takes_its_grade() -> None:
    targets = [target(Place("a", 0, 50), grade=2), target(Place("a", 60, 70), Place("b", 0, 10))]
    ranking = [Place("a", 40, 55), Place("a", 0, 40), Place("c", 0, 9), Place("b", 5, 9)]
    assert ranked_gains(ranking, targets) == [2, 0, 0, 1]
    assert ideal_gains(targets) == [2, 1]


def test_two_equal_targets_each_give_their_grade_once() -> None:
    twice = [target(Place("a", 0, 5)), target(Place("a", 0, 5))]
    assert ranked_gains([Place("a", 0, 9), Place("a", 0, 9)], twice) == [2, 0]
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
