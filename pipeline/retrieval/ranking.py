"""Ranking: rows of a Version's chunks, best first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.answer import Passage


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Rows and their scores, both of shape [rows]; a score compares rows of one question only."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def first(self, count: int) -> "Ranking":
        """Return the best rows."""
        return Ranking(self.rows[:count], self.scores[:count])

    def after(self, count: int) -> "Ranking":
        """Return what follows the best rows."""
        return Ranking(self.rows[count:], self.scores[count:])

    def above(self, least: float | None) -> "Ranking":
        """Return the rows that score at least so much; all of them where it is None."""
        if least is None:
            return self
        kept = self.scores >= least
        return Ranking(self.rows[kept], self.scores[kept])

    def then(self, rest: "Ranking") -> "Ranking":
        """Return this ranking with another one after it."""
        return Ranking(
            np.concatenate([self.rows, rest.rows]), np.concatenate([self.scores, rest.scores])
        )


Search = Callable[[str, int], Ranking]
"""A question and how many rows at most; a deeper ranking begins as a shallower one."""


def rank(rows: NDArray[np.int64], scores: NDArray[np.float64], depth: int) -> Ranking:
    """Return the best of `rows`, which ascend, `depth` at most; ties by row number."""
    if 0 < depth < len(scores):
        # Only what reaches the last place is sorted, and all that ties there.
        place = len(scores) - depth
        kept = np.flatnonzero(scores >= np.partition(scores, place)[place])
        rows, scores = rows[kept], scores[kept]
    order = np.argsort(-scores, kind="stable")[:depth]
    return Ranking(rows[order], scores[order])


class Retriever(Protocol):
    """Finds the passages that are closest to a question."""

    def retrieve(self, question: str, k: int) -> list[Passage]:
        """Return at most `k` passages, best first, ranks counting from 1."""
