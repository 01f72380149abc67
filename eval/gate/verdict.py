"""Verdict: may a candidate replace what it was compared with, metric by metric and Case by Case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from eval.scores.scorecard import Score, Scorecard

Outcome = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule on one metric, over all Cases or over those that carry `slice`.

    `rule` is `floor` (an absolute mean to reach), `margin` (how much worse than the baseline it may
    be) or `guard` (the same for what is no answer metric: latency, cost). Differences are candidate
    minus baseline in the metric's own unit; `low` and `high` bound the mean difference. `needed` is
    about how many Cases would decide, `detectable` the smallest difference that these Cases could
    have shown; both None where there is nothing to say. `reason` says it in words.
    """

    metric: str
    rule: Literal["floor", "margin", "guard"]
    outcome: Outcome
    limit: float
    slice: str | None = None
    candidate: float | None = None
    baseline: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_worse: float | None = None
    paired: int = 0
    unpaired: dict[str, int] = field(default_factory=dict)
    detectable: float | None = None
    needed: int | None = None
    higher_is_better: bool = True
    reason: str


@dataclass(frozen=True, slots=True)
class CaseDifference:
    """What one Case lost or won on one metric; `difference` is below 0 where it got worse."""

    case_id: str
    metric: str
    candidate: float
    baseline: float
    difference: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Pass, fail or inconclusive, and why."""

    outcome: Outcome
    candidate: str
    baseline: str | None
    findings: tuple[Finding, ...]
    differences: tuple[CaseDifference, ...]
    notes: tuple[str, ...] = ()


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
