"""Calibration on made-up Versions whose error rates can be reckoned."""

import numpy as np
import pytest
from scipy.stats import binomtest

from eval.gate.calibration import (
    ErrorRates,
    Settings,
    VersionPair,
    equal_pair_rates,
    planted_drop_rates,
    share_of,
    study_gate,
)
from pipeline.errors import DataError

SETTINGS = Settings(sizes=(25, 100), runs=400)
RECALL = [{"recall": 0.05}]


def pair(lost: int = 60, won: int = 60, of: int = 300) -> VersionPair:
    baseline, candidate = np.ones(of), np.ones(of)
    candidate[:lost] = 0.0
    baseline[lost : lost + won] = 0.0
    return VersionPair("made up", {"recall": baseline}, {"recall": candidate})


def at(cases: int, rates: list[ErrorRates]) -> ErrorRates:
    [found] = [each for each in rates if each.cases == cases]
    return found


def test_equal_pairs_are_blocked_no_more_often_than_promised() -> None:
    for each in equal_pair_rates(pair(), RECALL, SETTINGS):
        assert each.failed.low <= 0.025
        assert each.passed.count + each.failed.count + each.inconclusive.count == 400


def test_labels_are_swapped_so_that_a_worse_version_is_equal_too() -> None:
    rates = list(equal_pair_rates(pair(lost=100, won=0), RECALL, SETTINGS))
    assert at(100, rates).failed.low <= 0.025
    assert at(100, rates).drop == 0.0


def test_a_large_drop_is_never_missed_and_mostly_shown() -> None:
    found = at(100, list(planted_drop_rates(pair(90, 0), RECALL, SETTINGS)))
    assert found.drop == pytest.approx(0.3)
    assert (found.passed.count, found.failed.rate) == (0, 1.0)


def test_a_regression_is_diluted_to_the_drop_that_is_asked() -> None:
    rates = list(planted_drop_rates(pair(90, 0), RECALL, SETTINGS, drop=0.05))
    assert at(100, rates).drop == pytest.approx(0.05)
    assert at(100, rates).passed.low <= 0.025
    assert list(planted_drop_rates(pair(9, 0), RECALL, SETTINGS, drop=0.05)) == []


def test_a_wider_margin_leaves_less_inconclusive() -> None:
    margins = [{"recall": 0.02}, {"recall": 0.2}]
    narrow, wide = list(equal_pair_rates(pair(), margins, Settings(sizes=(100,), runs=400)))
    assert wide.inconclusive.count < narrow.inconclusive.count
    assert wide.passed.rate > 0.8


def test_several_metrics_share_one_promise() -> None:
    one = pair()
    names = [f"m{number}" for number in range(8)]
    many = VersionPair(
        "eight",
        dict.fromkeys(names, one.baseline["recall"]),
        dict.fromkeys(names, one.candidate["recall"]),
    )
    [rate] = equal_pair_rates(many, [dict.fromkeys(names, 0.05)], Settings((100,), runs=400))
    assert rate.failed.low <= 0.025


def test_more_distinct_cases_than_there_are_cannot_be_drawn() -> None:
    with pytest.raises(DataError, match="400 distinct Cases cannot be drawn from 300"):
        list(equal_pair_rates(pair(), RECALL, Settings()))


def test_the_same_seed_gives_the_same_rates() -> None:
    first = list(planted_drop_rates(pair(90, 0), RECALL, SETTINGS, drop=0.05))
    assert first == list(planted_drop_rates(pair(90, 0), RECALL, SETTINGS, drop=0.05))


def test_a_study_holds_every_margin_of_each_equal_pair_and_every_drop() -> None:
    made = pair(90, 10)
    found = list(
        study_gate(
            made.baseline, {"peer": made.candidate}, {"worse": made.candidate},
            Settings((50,), runs=100), {"recall": 0.05},
        )
    )  # fmt: skip
    equal = [each.margins["recall"] for each in found if each.kind == "equal"]
    assert equal == [0.02, 0.03, 0.05, 0.08, 0.1, 0.05]
    drops = [each.drop for each in found if each.kind == "planted"]
    assert drops == pytest.approx([80 / 300, 0.05, 0.1])


@pytest.mark.parametrize(("count", "total"), [(0, 10), (3, 10), (10, 10), (51, 2000)])
def test_it_agrees_with_scipy(count: int, total: int) -> None:
    known = binomtest(count, total).proportion_ci(0.95, method="wilson")
    share = share_of(count, total)
    assert share.rate == count / total
    assert (share.low, share.high) == (pytest.approx(known.low), pytest.approx(known.high))


@pytest.mark.parametrize(("count", "total"), [(1, 0), (3, 2), (-1, 5)])
def test_what_is_no_share_is_refused(count: int, total: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        share_of(count, total)
