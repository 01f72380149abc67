import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.retrieval.ranking import Ranking, rank


def _ranking(*pairs: tuple[int, float]) -> Ranking:
    return Ranking(np.array([row for row, _ in pairs]), np.array([score for _, score in pairs]))


@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.5000001, 2.0]), max_size=40), st.integers(0, 45))
def test_the_best_come_first_and_ties_by_row_number_at_any_depth(
    scores: list[float], depth: int
) -> None:
    rows = [3 * place + 1 for place in range(len(scores))]
    found = rank(np.array(rows, dtype=np.int64), np.array(scores), depth)
    expected = sorted(zip(rows, scores, strict=True), key=lambda pair: (-pair[1], pair[0]))
    assert list(zip(found.rows.tolist(), found.scores.tolist(), strict=True)) == expected[:depth]


@pytest.mark.parametrize("depth", [0, 1, 3, 500, 900])
def test_rows_that_all_tie_stand_in_the_order_of_the_corpus(depth: int) -> None:
    found = rank(np.arange(500), np.zeros(500), depth)
    assert found.rows.tolist() == list(range(min(depth, 500)))


def test_a_ranking_is_taken_apart_and_put_together() -> None:
    ranking = _ranking((4, 0.9), (2, 0.5), (7, 0.1))
    assert ranking[:2].then(ranking[2:]).rows.tolist() == [4, 2, 7]
    assert ranking.above(None).rows.tolist() == [4, 2, 7]
    assert ranking.above(0.5).rows.tolist() == [4, 2]
    assert len(ranking.above(1.0)) == len(ranking[3:]) == 0
