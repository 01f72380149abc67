"""GateReport: a Verdict with all that a reader wants beside it, and what `verdict.json` holds."""

from collections.abc import Mapping
from typing import Literal

from eval.blame.blame import StageLoss, Step
from eval.gate.verdict import Finding, Outcome
from eval.scores.scorecard import CaseSet
from pipeline.answer import Sentence
from pipeline.params import Frozen
from pipeline.versions.manifest import Setting

FORMAT: Literal[1] = 1
EXIT_CODES: dict[Outcome, int] = {"pass": 0, "fail": 1, "inconclusive": 3}
COULD_NOT_JUDGE = 2
"""What a command exits with instead, where there is no Verdict."""


class JudgedVersion(Frozen):
    """One side: which Version, on what it was scored, and how its scores came about."""

    version: str
    engine: str
    corpus: str
    scored: str
    """`as recorded`, or why it was answered and scored again."""


class ChangedSetting(Frozen):
    """A param in which the two Versions differ; None where one of them has no such param."""

    name: str
    baseline: Setting | None
    candidate: Setting | None


class FoundPassage(Frozen):
    """A passage that an answer was made from; `alone` if the other side did not find its place.

    `evidence` says whether it holds, or stands in, what the Case names as evidence.
    """

    rank: int
    score: float
    document: str
    start: int
    end: int
    place: str
    text: str
    alone: bool
    evidence: bool


class GivenAnswer(Frozen):
    """What one side answered to a Case; `error` instead where it raised."""

    sentences: tuple[Sentence, ...]
    passages: tuple[FoundPassage, ...]
    error: str | None = None


class MetricChange(Frozen):
    """One metric on one Case; `difference` is below 0 where it got worse, whatever the metric.

    `stage` is the one that blame names for a loss, `path` what the Case scored stage by stage.
    """

    metric: str
    baseline: float
    candidate: float
    difference: float
    stage: str | None = None
    path: tuple[Step, ...] = ()


class CaseChange(Frozen):
    """A Case that the two sides score differently.

    `difference` is the sum over the metrics that are judged, by which the Cases are sorted. Answers
    are None where they are not at hand or the Case is not among the worst.
    """

    id: str
    question: str
    reference: str
    answerable: bool
    evidence: tuple[str, ...]
    tags: tuple[str, ...]
    difference: float
    changes: tuple[MetricChange, ...]
    baseline: GivenAnswer | None = None
    candidate: GivenAnswer | None = None

    @property
    def stage(self) -> str | None:
        """The stage that its largest loss is blamed on, if any is."""
        blamed = [each for each in self.changes if each.stage is not None]
        return min(blamed, key=lambda each: each.difference).stage if blamed else None


class Unscored(Frozen):
    """Cases that one side could not score on a metric that gates, by reason."""

    side: Literal["candidate", "baseline"]
    metric: str
    reason: str
    cases: tuple[str, ...]


class IndexChange(Frozen):
    """What changed between the two Versions' indexes and in what they find.

    Chunks are told apart by the hash of their text. `why` counts the Cases that can have changed
    by the first reason; `overlap` is the mean share, 0..1, of retrieved characters that both found.
    """

    stages: tuple[str, ...]
    kept: int
    added: int
    removed: int
    documents_kept: int
    documents_changed: tuple[str, ...]
    documents_added: tuple[str, ...]
    documents_removed: tuple[str, ...]
    cases: int
    can_change: int
    why: Mapping[str, int]
    overlap: float | None


class GateReport(Frozen):
    """All that the reports say; the same input gives the same bytes, wherever it is made."""

    format: Literal[1] = FORMAT
    outcome: Outcome
    headline: str
    exit_code: int
    against: str | None
    """What the baseline was asked for by: `champion`, an id or `git:REV`; None at first."""
    candidate: JudgedVersion
    baseline: JudgedVersion | None
    judge: str
    case_set: CaseSet
    """Its orphans are those that the Documents of either side do not hold."""
    settings: tuple[ChangedSetting, ...]
    findings: tuple[Finding, ...]
    changes: tuple[CaseChange, ...]
    """The Cases that differ, those that lost most first."""
    unscored: tuple[Unscored, ...]
    notes: tuple[str, ...]
    index: IndexChange | None = None
    blame: tuple[StageLoss, ...] = ()

    @property
    def asked_by(self) -> str | None:
        """What the baseline was asked for by, where that says more than its id."""
        if self.baseline is None or self.against is None:
            return None
        return None if self.baseline.version.startswith(self.against.lower()) else self.against

    @property
    def lost(self) -> tuple[CaseChange, ...]:
        """The Cases that got worse on the whole, those that lost most first."""
        return tuple(each for each in self.changes if each.difference < 0)

    @property
    def won(self) -> tuple[CaseChange, ...]:
        """The Cases that got better on the whole, those that won most first."""
        return tuple(each for each in reversed(self.changes) if each.difference > 0)

    @property
    def lost_at(self) -> dict[str, list[StageLoss]]:
        """For each metric, the stages at which Cases lost."""
        by_metric: dict[str, list[StageLoss]] = {}
        for each in self.blame:
            if each.cases:
                by_metric.setdefault(each.metric, []).append(each)
        return by_metric
