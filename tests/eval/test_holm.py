import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.holm import holm


def test_it_stops_at_the_first_that_is_not_small_enough() -> None:
    rejected = holm(np.array([[0.04, 0.001, 0.02], [0.001, 0.02, 0.04]]), 0.05)
    assert rejected.tolist() == [[True, True, True], [True, True, True]]
    assert holm(np.array([[0.03, 0.001, 0.03]]), 0.05).tolist() == [[False, True, False]]


def test_one_test_is_held_to_the_level_itself() -> None:
    assert holm(np.array([[0.05], [0.0501]]), 0.05).tolist() == [[True], [False]]


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_it_rejects_at_least_what_bonferroni_does_and_at_most_what_no_correction_does(
    values: list[float],
) -> None:
    [rejected] = holm(np.array([values]), 0.05)
    for value, each in zip(values, rejected, strict=True):
        assert each or value > 0.05 / len(values)
        assert not each or value <= 0.05


def test_one_true_hypothesis_among_many_falls_no_more_often_than_the_level() -> None:
    p_values = np.random.default_rng(1).random((4000, 5))
    assert holm(p_values, 0.05).any(axis=1).mean() == pytest.approx(0.05, abs=0.01)
