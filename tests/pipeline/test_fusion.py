import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.fusion import fuse
from pipeline.ranking import rank
from tests.searched_corpus import retrieval_params

FUSIONS = ("agreement", "min_max", "reciprocal_rank")


def _fuse(
    dense: list[float],
    lexical: list[float],
    fusion: str,
    weight: float = 0.5,
    stands_for: list[float] | None = None,
) -> NDArray[np.float64]:
    return fuse(
        np.array(dense, dtype=float),
        np.array(lexical, dtype=float),
        retrieval_params(fusion=fusion, weight=weight),
        None if stands_for is None else np.array(stands_for),
    )


def _order(scores: NDArray[np.float64]) -> list[int]:
    return rank(np.arange(len(scores)), scores, len(scores)).rows.tolist()


def test_min_max_is_the_mean_of_both_sides_between_0_and_1() -> None:
    fused = _fuse([0.2, 0.4, 0.6], [0.0, 8.0, 2.0], "min_max", 0.75)
    assert fused == pytest.approx([0.0, 0.75 * 0.5 + 0.25, 0.75 + 0.25 * 0.25])


def test_reciprocal_rank_looks_at_ranks_alone() -> None:
    fused = _fuse([0.2, 0.4, 0.6], [0.0, 8.0, 2.0], "reciprocal_rank")
    assert fused == pytest.approx([0.5 / 63, 0.5 / 62 + 0.5 / 61, 0.5 / 61 + 0.5 / 62])
    assert np.array_equal(fused, _fuse([-9, 0.1, 0.9], [0, 99, 1], "reciprocal_rank"))


def test_a_dense_side_that_agrees_is_trusted_more() -> None:
    lexical = [0.0, 1.0, 2.0, 3.0, 0.0, 5.0]
    agreeing, straying = [0.1, 0.2, 0.3, 0.4, 0.6, 0.5], [0.5, 0.4, 0.1, 0.2, 0.6, 0.3]
    shares = []
    for dense in (agreeing, straying):
        low, high = _fuse(dense, lexical, "agreement")[[0, 4]]
        # Rows 0 and 4 share no word: they lie apart as far as the dense side counts.
        shares.append((high - low) / ((dense[4] - dense[0]) / (max(dense) - min(dense))))
    correlation = np.corrcoef(agreeing, lexical)[0, 1] ** 0.5
    assert shares[0] == pytest.approx(correlation / (correlation + 1), abs=1e-5)
    assert 0.05 < shares[1] < 0.2


def test_a_sample_is_trusted_as_the_rows_that_it_stands_for() -> None:
    dense, lexical = [0.1, 0.3, 0.2, 0.6, 0.4], [0.0, 1.0, 0.0, 3.0, 0.0]
    twice = [0, 1, 1, 2, 2, 2, 3, 4, 4]
    whole = _fuse([dense[row] for row in twice], [lexical[row] for row in twice], "agreement")
    sampled = _fuse(dense, lexical, "agreement", stands_for=[1.0, 2.0, 3.0, 1.0, 2.0])
    assert sampled == pytest.approx(whole[[0, 1, 3, 6, 7]], abs=1e-6)
    assert sampled != pytest.approx(_fuse(dense, lexical, "agreement"), abs=1e-3)


def test_differences_too_small_to_compare_are_no_error() -> None:
    assert np.isfinite(_fuse([0.0, 1e-300, 0.0], [0.0, 1e-300, 1e-300], "agreement")).all()


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_side_that_says_nothing_is_left_out(fusion: str) -> None:
    dense = [0.1, 0.9, 0.5]
    for silent in ([0.0, 0.0, 0.0], [3.0, 3.0, 3.0]):
        assert _order(_fuse(dense, silent, fusion)) == [1, 2, 0]
        assert _order(_fuse(silent, dense, fusion)) == [1, 2, 0]
        assert _order(_fuse(silent, silent, fusion)) == [0, 1, 2]
    assert len(_fuse([], [], fusion)) == 0
    assert _order(_fuse([0.4], [2.0], fusion)) == [0]


@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_weight_reaches_from_one_side_to_the_other(fusion: str) -> None:
    dense, lexical = [0.3, 0.2, 0.1], [1.0, 2.0, 3.0]
    assert _order(_fuse(dense, lexical, fusion, 1.0)) == [0, 1, 2]
    assert _order(_fuse(dense, lexical, fusion, 0.0)) == [2, 1, 0]


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 40)), max_size=30),
    st.sampled_from(FUSIONS),
    st.floats(0, 1),
)
def test_any_scores_give_one_finite_score_a_row(
    pairs: list[tuple[float, float]], fusion: str, weight: float
) -> None:
    fused = _fuse([a for a, _ in pairs], [b for _, b in pairs], fusion, weight)
    assert fused.shape == (len(pairs),)
    assert np.isfinite(fused).all()
    assert ((fused >= 0) & (fused <= 1)).all()
