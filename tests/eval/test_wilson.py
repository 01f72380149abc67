import pytest
from scipy.stats import binomtest

from eval.wilson import share_of


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
