import numpy as np
import pytest

from eval.quantile_gap import quantile_gap

DRAWS = {"tail": 0.025, "resamples": 1000, "seed": 7}


def test_a_slower_tail_is_seen_where_the_mean_hardly_moves() -> None:
    fast = np.random.default_rng(1).normal(100.0, 10.0, 200)
    slow = np.where(np.arange(200) % 10 == 0, fast + 100.0, fast)
    interval, p_worse = quantile_gap(np.stack([fast, slow], axis=1), 0.95, **DRAWS)
    assert interval.mean < -50.0
    assert interval.high < 0.0
    assert p_worse < 0.01


def test_equal_columns_have_no_gap_and_no_evidence() -> None:
    same = np.repeat(np.arange(10.0), 2).reshape(10, 2)
    interval, p_worse = quantile_gap(same, 0.5, **DRAWS)
    assert (interval.low, interval.high, p_worse) == (0.0, 0.0, 0.5)


def test_swapping_the_columns_mirrors_the_interval() -> None:
    pairs = np.random.default_rng(2).random((40, 2))
    one, _ = quantile_gap(pairs, 0.9, **DRAWS)
    other, _ = quantile_gap(pairs[:, ::-1], 0.9, **DRAWS)
    assert (other.low, other.high) == (pytest.approx(-one.high), pytest.approx(-one.low))
