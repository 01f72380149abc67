import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.diversity import diversified
from pipeline.ranking import Ranking


def _unit(*angles: float) -> NDArray[np.float32]:
    return np.array([[np.cos(each), np.sin(each)] for each in angles], dtype=np.float32)


def _order(scores: list[float], vectors: NDArray[np.float32], diversity: float) -> list[int]:
    ranking = Ranking(np.arange(len(scores)), np.array(scores))
    return diversified(ranking, vectors, diversity).rows.tolist()


def test_what_says_the_same_again_comes_later() -> None:
    vectors = _unit(0.0, 0.0, 1.5)
    assert _order([0.9, 0.89, 0.5], vectors, 0.6) == [0, 2, 1]
    assert _order([0.9, 0.89, 0.5], vectors, 0.1) == [0, 1, 2]


def test_the_formula_is_carbonell_and_goldsteins() -> None:
    scores, vectors, diversity = [8.0, 6.0, 5.0, 4.0], _unit(0.0, 0.3, 0.9, 1.4), 0.6
    relevance = [1.0, 0.5, 0.25, 0.0]
    chosen: list[int] = []
    while len(chosen) < 4:
        chosen.append(
            max(
                (row for row in range(4) if row not in chosen),
                key=lambda row: (
                    0.4 * relevance[row]
                    - 0.6
                    * max((float(vectors[row] @ vectors[each]) for each in chosen), default=0.0)
                ),
            )
        )
    assert _order(scores, vectors, diversity) == chosen != [0, 1, 2, 3]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_rows_that_tie_and_are_alike_keep_their_order(count: int) -> None:
    assert _order([0.5] * count, _unit(*[0.7] * count), 0.7) == list(range(count))


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 6)), min_size=1, max_size=20),
    st.floats(0, 0.99),
)
def test_every_row_stays_with_its_score_and_the_best_stays_first(
    pairs: list[tuple[float, float]], diversity: float
) -> None:
    pairs.sort(key=lambda pair: -pair[0])
    rows, scores = np.arange(len(pairs)), np.array([score for score, _ in pairs])
    found = diversified(Ranking(rows, scores), _unit(*[angle for _, angle in pairs]), diversity)
    assert sorted(found.rows.tolist()) == rows.tolist()
    assert found.scores.tolist() == scores[found.rows].tolist()
    assert found.rows[0] == 0
