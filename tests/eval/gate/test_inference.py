import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from eval.gate.inference import (
    holm,
    log_ratio,
    mean_interval,
    needed_log_ratio,
    not_below,
    p_not_below,
    quantile_gap,
    reach_of,
)

TAIL = 0.025
DRAWS = {"tail": TAIL, "resamples": 1000, "seed": 7}
VALUES = st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=40).map(np.array)


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


def row(values: object) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)[None, :]


@pytest.mark.parametrize(("count", "shift"), [(12, 0.15), (12, 0.25), (80, 0.05), (80, 0.1)])
def test_at_the_level_of_its_p_value_the_interval_ends_at_0(count: int, shift: float) -> None:
    values = np.random.default_rng(count).uniform(-0.4, 0.4, count)
    values += shift - values.mean()
    [p_value] = p_not_below(row(-values), 1.0)
    assert 0.0 < p_value < 0.5
    assert mean_interval(values, 1.0, float(p_value)).low == pytest.approx(0.0, abs=0.003)


def test_many_even_values_get_the_interval_of_student() -> None:
    values = np.random.default_rng(1).uniform(-0.8, 0.9, 400)
    interval = mean_interval(values, 1.0, TAIL)
    known = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert interval.low == pytest.approx(known.low, abs=0.004)
    assert interval.high == pytest.approx(known.high, abs=0.004)


@pytest.mark.parametrize("cases", [10, 25, 100, 400])
def test_the_threshold_is_half_of_students_square(cases: int) -> None:
    known = stats.t.ppf(1 - TAIL, cases - 1)
    assert (2 * needed_log_ratio(TAIL, cases)) ** 0.5 == pytest.approx(known, rel=0.02)


def test_losses_that_were_not_drawn_are_reckoned_with() -> None:
    two_lost = [-1.0] * 2 + [0.0] * 98
    assert stats.ttest_1samp(two_lost, 0.0).confidence_interval(0.95).low > -0.05
    assert not not_below(row(two_lost), 0.05, 1.0, TAIL)[0]


def test_the_level_holds_where_a_t_interval_lets_four_times_as_many_through() -> None:
    lost = np.random.default_rng(3).random((2000, 100)) < 0.05
    assert not_below(-1.0 * lost, 0.05, 1.0, TAIL).mean() <= 0.04
    low = stats.ttest_1samp(-1.0 * lost[lost.any(axis=1)], 0.0, axis=1).confidence_interval().low
    assert (low >= -0.05).mean() > 0.1


def test_the_level_holds_on_swapped_labels() -> None:
    generator = np.random.default_rng(4)
    sizes = np.where(generator.random((2000, 50)) < 0.2, generator.random((2000, 50)), 0.0)
    differences = sizes * (generator.integers(0, 2, sizes.shape) * 2 - 1)
    assert (p_not_below(differences, 1.0) <= TAIL).mean() <= TAIL


def test_no_difference_at_all_is_no_worse_even_of_one_case() -> None:
    assert not_below(row([0.0]), 0.0, 1.0, TAIL)[0]
    assert mean_interval(np.zeros(100), 1.0, TAIL).low == pytest.approx(-0.028, abs=0.001)


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.2], [-1.0], [-1.0, -0.9]])
def test_one_or_two_cases_show_nothing(values: list[float]) -> None:
    interval = mean_interval(np.array(values), 1.0, TAIL)
    assert (interval.low, interval.high) == (-1.0, 1.0)
    assert p_not_below(row(values), 1.0)[0] > TAIL


def test_a_constant_difference_has_an_interval_with_width() -> None:
    interval = mean_interval(np.full(25, -0.1), 1.0, TAIL)
    assert interval.low < -0.1 < interval.high
    assert not_below(row([-0.03] * 200), 0.05, 1.0, TAIL)[0]


def test_the_worst_possible_everywhere_is_bounded_by_the_worst_possible() -> None:
    interval = mean_interval(np.full(50, -1.0), 1.0, TAIL)
    assert interval.low == pytest.approx(-1.0)
    assert p_not_below(row([-1.0] * 50), 1.0)[0] < 1e-6


@given(VALUES)
def test_the_mean_lies_in_its_interval_and_swapping_sides_mirrors_it(
    values: NDArray[np.float64],
) -> None:
    interval = mean_interval(values, 1.0, TAIL)
    mirrored = mean_interval(-values, 1.0, TAIL)
    assert -1.0 <= interval.low <= interval.mean <= interval.high <= 1.0
    assert (mirrored.low, mirrored.high) == (-interval.high, -interval.low)


@given(VALUES, st.floats(0.0, 1.0))
def test_a_bound_above_the_margin_and_a_shown_margin_are_the_same(
    values: NDArray[np.float64], margin: float
) -> None:
    low = mean_interval(values, 1.0, TAIL).low
    if values.any() and abs(low + margin) > 1e-6:
        assert not_below(values[None, :], margin, 1.0, TAIL)[0] == (low >= -margin)


@given(VALUES)
def test_the_p_value_of_a_sample_and_of_its_mirror_add_up_to_one(
    values: NDArray[np.float64],
) -> None:
    both = p_not_below(values[None, :], 1.0) + p_not_below(-values[None, :], 1.0)
    assert both[0] == pytest.approx(1.0)


def test_nothing_speaks_for_a_mean_above_the_values() -> None:
    assert log_ratio(row([0.1, 0.2]), 0.5, 1.0)[0] == 0.0


def test_a_metric_that_stays_small_is_measured_on_its_own_scale() -> None:
    assert reach_of(np.array([[1.0, 0.3], [0.0, 1.0]])) == 1.0
    assert reach_of(np.array([[0.05, 0.1], [0.1, 0.2]])) == 0.2
    assert reach_of(np.array([[-0.5, 0.5]])) == 1.0
    assert reach_of(np.zeros((2, 2))) > 0.0
    small = np.full(100, 0.001)
    assert mean_interval(small, 0.1, TAIL).low > mean_interval(small, 1.0, TAIL).low


@given(VALUES, st.sampled_from([1e-3, 7.0, 1e6]))
def test_the_unit_of_a_metric_does_not_matter(values: NDArray[np.float64], unit: float) -> None:
    one, other = mean_interval(values, 1.0, TAIL), mean_interval(values * unit, unit, TAIL)
    assert other.low == pytest.approx(one.low * unit, abs=1e-6 * unit)


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
