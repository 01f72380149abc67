"""Explanation: the index difference and the blame, as a report holds them."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.gate_report.report import IndexChange, MetricChange, StageLoss, Step
from eval.verdict import CaseDifference

if TYPE_CHECKING:
    from eval.blame import Blame
    from eval.index_difference import IndexDifference


def index_change(found: "IndexDifference") -> IndexChange:
    """Return what changed in the index, with the Cases counted."""
    whys = Counter(each.why for each in found.cases if each.why is not None)
    return IndexChange(
        stages=found.stages,
        kept=found.chunks.kept,
        added=found.chunks.added,
        removed=found.chunks.removed,
        documents_kept=found.documents.kept,
        documents_changed=found.documents.changed,
        documents_added=found.documents.added,
        documents_removed=found.documents.removed,
        cases=len(found.cases),
        can_change=found.can_change,
        why=dict(sorted(whys.items())),
        overlap=found.overlap,
    )


def metric_change(each: CaseDifference, blame: "Blame | None") -> MetricChange:
    """Return a Case's difference on one metric, with what blame says of it."""
    return MetricChange(
        metric=each.metric,
        baseline=each.baseline,
        candidate=each.candidate,
        difference=each.difference,
        stage=blame.stage if blame else None,
        path=tuple(Step(stage=step.stage, score=step.score) for step in blame.path)
        if blame
        else (),
    )


def stage_losses(blames: "Sequence[Blame]") -> tuple[StageLoss, ...]:
    """Return what each stage cost, metric by metric."""
    from eval.blame import summarise_blame

    return tuple(
        StageLoss(metric=each.metric, stage=each.stage, cases=each.cases, cost=each.cost)
        for each in summarise_blame(blames)
    )
