import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from eval.scores.summary import Interval, bootstrap_mean

SETTINGS = {"confidence": 0.95, "resamples": 500, "seed": 7}


def test_no_value_has_no_interval() -> None:
    assert bootstrap_mean([], **SETTINGS) is None


@pytest.mark.parametrize("values", [[0.3], [0.7] * 9])
def test_equal_values_give_an_interval_without_width(values: list[float]) -> None:
    interval = bootstrap_mean(values, **SETTINGS)
    assert interval is not None
    assert interval.low == interval.mean == interval.high == pytest.approx(values[0])


def test_it_agrees_with_scipy() -> None:
    sample = np.random.default_rng(1).random(80)
    ours = bootstrap_mean(sample.tolist(), confidence=0.9, resamples=20_000, seed=3)
    theirs = bootstrap(
        (sample,), np.mean, confidence_level=0.9, n_resamples=20_000, method="percentile", rng=5
    ).confidence_interval
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.003)


def test_a_sample_larger_than_a_batch_is_deterministic() -> None:
    sample = np.random.default_rng(1).random(30_000).tolist()
    first = bootstrap_mean(sample, **SETTINGS)
    assert first == bootstrap_mean(sample, **SETTINGS)
    assert isinstance(first, Interval)
    assert first.low < first.mean < first.high


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_the_mean_lies_in_its_interval(values: list[float]) -> None:
    interval = bootstrap_mean(values, confidence=0.95, resamples=100, seed=7)
    assert interval is not None
    assert interval.low <= interval.mean <= interval.high
