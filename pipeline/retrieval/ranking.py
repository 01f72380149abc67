"""Ranking: rows of a Version's chunks, best first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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

    def __getitem__(self, places: slice | Sequence[int] | NDArray[Any]) -> "Ranking":
        """Return the ranks that a slice, a list of places or a mask names, in its order."""
        return Ranking(self.rows[places], self.scores[places])

    def above(self, least: float | None) -> "Ranking":
        """Return the rows that score at least so much; all of them where it is None."""
        return self if least is None else self[self.scores >= least]

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
    return Ranking(rows, scores)[np.argsort(-scores, kind="stable")[:depth]]


class Retriever(Protocol):
    """Finds the passages that are closest to a question."""

    def retrieve(self, question: str, k: int) -> list[Passage]:
        """Return at most `k` passages, best first, ranks counting from 1."""
