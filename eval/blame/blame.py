"""Blame: the stage at which a Case lost, found by mixing the stages of two Versions.

From the baseline the candidate is reached one stage at a time, in the order of the pipeline; a Case
is scored at each step, and the stage that costs it most is blamed. What two stages cost only
together counts for the later one.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from eval.gate.verdict import CaseDifference
from eval.scores.case_score import CHARACTER_METRICS, RANK_METRICS

if TYPE_CHECKING:
    from eval.blame.version_mix import VersionMix
    from pipeline.versions.version import Version

Stage = Literal["ingest", "chunk", "embed", "retrieve", "generate"]
"""What makes an answer, in order; `embed` includes the indexes, `retrieve` the reranker."""

STAGES: tuple[Stage, ...] = get_args(Stage)

Culprit = Literal["engine"] | Stage
"""What can be blamed; `engine` is the answering code, which belongs to no stage."""

CULPRITS: tuple[Culprit, ...] = ("engine", *STAGES)

RETRIEVAL_METRICS = frozenset(CHARACTER_METRICS + RANK_METRICS)
"""Metrics in which no generator has a part."""

Wanted = Mapping[str, frozenset[str]]
"""Case id to metrics."""
Values = Mapping[tuple[str, str], float]
"""Case id and metric to its value; what could not be scored is left out."""
Remeasure = Callable[["Version", Wanted], Values]
"""What a Version scores on the Cases and metrics that are wanted."""

_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Step:
    """What a Case scores once a stage is the candidate's; None if it could not be scored then."""

    stage: Literal["baseline"] | Culprit
    score: float | None


@dataclass(frozen=True, slots=True)
class Blame:
    """The stage at which a Case lost most on a metric, the earliest of several that cost the same.

    `path` begins with the baseline's score; stages that are the same in both Versions follow with
    the score of the step before. `share` is the part of the loss that fell at `stage`; it is above
    1 where another stage made good for some of it.
    """

    case_id: str
    metric: str
    stage: Culprit
    share: float
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class StageLoss:
    """How many Cases lost on a metric at a stage, and what it cost all Cases that lost.

    `cost` is in the metric's own unit, summed over the Cases, and above 0 for a loss.
    """

    metric: str
    stage: Culprit
    cases: int
    cost: float


def explain(
    mix: "VersionMix",
    lost: Sequence[CaseDifference],
    remeasure: Remeasure,
) -> tuple[Blame, ...]:
    """Blame a stage for each difference that is below 0, in the order given.

    Only what cannot be told without is measured: nothing if the Versions differ in one stage.

    Args:
        mix: Of the baseline and the candidate that were scored.
        lost: What both scored; differences of 0 and above are left out.
        remeasure: Scores Cases on a Version, as those scores came about.

    Raises:
        WinnowError: a Version between the two cannot be built, or a Case got no reply.
    """
    lost = [each for each in lost if round(each.difference, _DIGITS) < 0]
    steps: dict[Culprit, Values] = {}
    for stage in mix.changed:
        wanted: dict[str, frozenset[str]] = defaultdict(frozenset)
        for each in lost:
            if stage in _suspects(each.metric, mix)[:-1]:
                wanted[each.case_id] |= {each.metric}
        if wanted:
            steps[stage] = remeasure(mix.after(stage), dict(wanted))
    return tuple(_blame(each, _suspects(each.metric, mix), steps) for each in lost)


def stage_losses(blames: Sequence[Blame]) -> tuple[StageLoss, ...]:
    """Return for each metric, by name, the stages that lost or won it anything, in their order."""
    counts: dict[tuple[str, Culprit], int] = defaultdict(int)
    costs: dict[tuple[str, Culprit], list[float]] = defaultdict(list)
    for blame in blames:
        counts[blame.metric, blame.stage] += 1
        for stage, cost in _costs(blame.path).items():
            costs[blame.metric, stage].append(cost)
    rows = [
        StageLoss(metric, stage, counts[metric, stage], round(sum(costs[metric, stage]), _DIGITS))
        for metric in sorted({blame.metric for blame in blames})
        for stage in CULPRITS
    ]
    return tuple(row for row in rows if row.cases or row.cost)


def _suspects(metric: str, mix: "VersionMix") -> list[Culprit]:
    """Return what can have changed a metric, in order; at least one."""
    generated = metric not in RETRIEVAL_METRICS
    suspects: list[Culprit] = [each for each in mix.changed if generated or each != "generate"]
    if suspects:
        return suspects
    # The same Version, and another score: only a language model can reply otherwise each time.
    replies = mix.candidate.manifest.generation.generator != "extractive"
    return ["generate" if replies and generated else "engine"]


def _blame(
    lost: CaseDifference, suspects: Sequence[Culprit], steps: dict[Culprit, Values]
) -> Blame:
    path = [Step("baseline", lost.baseline)]
    for culprit in CULPRITS:
        score = path[-1].score
        if culprit == suspects[-1]:
            score = lost.candidate
        elif culprit in suspects:
            score = steps[culprit].get((lost.case_id, lost.metric))
        elif culprit == "engine":
            continue
        path.append(Step(culprit, score))
    costs = _costs(path)
    stage = max(suspects, key=lambda each: costs[each])
    loss = sum(costs.values())
    return Blame(lost.case_id, lost.metric, stage, costs[stage] / loss, tuple(path))


def _costs(path: Sequence[Step]) -> dict[Culprit, float]:
    """Return what each stage cost, above 0 for a loss, whichever direction is better.

    What a step that could not be scored cost is counted with the next that could.
    """
    first, last = path[0].score, path[-1].score
    sign = 1.0 if first is None or last is None or first > last else -1.0
    before, costs = first, dict[Culprit, float]()
    for step in path[1:]:
        cost = 0.0
        if step.score is not None and before is not None:
            cost = round(sign * (before - step.score), _DIGITS)
            before = step.score
        if step.stage != "baseline":
            costs[step.stage] = cost
    return costs
