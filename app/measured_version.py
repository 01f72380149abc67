"""MeasuredVersion: a Version's Scorecard and scores as a Verdict takes them, and whence."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eval.score import Score
from eval.scorecard import Scorecard

AS_RECORDED = "as recorded"


@dataclass(frozen=True, slots=True)
class MeasuredVersion:
    """One side of a Verdict.

    `scored` says how its scores came about: `as recorded`, or why it was scored again here.
    `measurements` are what no content-addressed file holds, such as `latency_ms.p95`.
    """

    scorecard: Scorecard
    scores: tuple[Score, ...]
    scored: str = AS_RECORDED
    measurements: Mapping[str, float] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The id of the Version."""
        return self.scorecard.version
