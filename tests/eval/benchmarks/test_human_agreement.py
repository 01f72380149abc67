"""Agreement with people: second opinions from scipy and scikit-learn, and its intervals."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score

from eval.benchmarks.human_agreement import (
    balanced_accuracy,
    best_threshold,
    pearson,
    pearson_gain,
    spearman,
)

GENERATOR = np.random.default_rng(1)
LABELS = GENERATOR.integers(-2, 3, 200).astype(float).tolist()
SCORES = [label + noise for label, noise in zip(LABELS, GENERATOR.normal(0, 2, 200), strict=True)]
GROUPS = [str(at) for at in range(200)]


def test_correlations_are_those_of_scipy() -> None:
    found = pearson(SCORES, LABELS, GROUPS), spearman(SCORES, LABELS, GROUPS)
    assert all(found)
    assert [each.value for each in found if each] == pytest.approx(
        [100 * stats.pearsonr(SCORES, LABELS)[0], 100 * stats.spearmanr(SCORES, LABELS)[0]]
    )


def test_the_interval_is_about_that_of_theory() -> None:
    found = pearson(SCORES, LABELS, GROUPS)
    assert found is not None
    theory = stats.pearsonr(SCORES, LABELS).confidence_interval(0.95)
    assert [found.low, found.high] == pytest.approx([100 * each for each in theory], abs=4)


def test_labels_of_one_question_are_drawn_together() -> None:
    """Counting everything twice makes nothing surer."""
    once = pearson(SCORES, LABELS, GROUPS)
    twice = pearson(SCORES * 2, LABELS * 2, GROUPS * 2)
    apart = pearson(SCORES * 2, LABELS * 2, [str(at) for at in range(400)])
    assert once
    assert twice
    assert apart
    assert twice.margin == pytest.approx(once.margin, rel=0.02)
    assert apart.margin < 0.8 * once.margin


def test_scores_that_do_not_differ_agree_with_nothing() -> None:
    assert pearson([1.0, 1.0], [1.0, 2.0], ["a", "b"]) is None
    assert spearman([1.0, 2.0], [1.0, 1.0], ["a", "b"]) is None


def test_a_gain_is_the_difference_and_surer_than_its_parts() -> None:
    worse = [
        score + noise for score, noise in zip(SCORES, GENERATOR.normal(0, 1, 200), strict=True)
    ]
    gain = pearson_gain(SCORES, worse, LABELS, GROUPS)
    parts = pearson(SCORES, LABELS, GROUPS), pearson(worse, LABELS, GROUPS)
    assert gain
    assert parts[0]
    assert parts[1]
    assert gain.value == pytest.approx(parts[0].value - parts[1].value)
    assert gain.margin < parts[0].margin
    same = pearson_gain(SCORES, SCORES, LABELS, GROUPS)
    assert same
    assert (same.low, same.value, same.high) == (0, 0, 0)
    assert pearson_gain(SCORES, [1.0] * 200, LABELS, GROUPS) is None


def test_balanced_accuracy_is_that_of_scikit_learn() -> None:
    wanted, guessed = [label > 0 for label in LABELS], [score > 1 for score in SCORES]
    found = balanced_accuracy(guessed, wanted, GROUPS)
    assert found.value == pytest.approx(100 * balanced_accuracy_score(wanted, guessed))
    assert found.low < found.value < found.high


def test_the_best_threshold_parts_what_can_be_parted() -> None:
    assert best_threshold([0.1, 0.2, 0.6, 0.9], [False, False, True, True]) == pytest.approx(0.4)
    assert best_threshold([0.5, 0.5], [True, False]) == -np.inf
