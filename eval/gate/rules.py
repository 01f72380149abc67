"""Rules of the gate: which metric, on which Cases, may be how much worse."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from eval.params import GateParams
from eval.scores.scorecard import Score

_QUANTILE = re.compile(r"(.+)\.p(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Rule:
    """A margin or a guard on `metric`, on all Cases or on those that carry `slice`."""

    metric: str
    kind: Literal["margin", "guard"]
    limit: float
    slice: str | None = None

    @property
    def scored_metric(self) -> str:
        """The metric whose scores it looks at: `latency_ms` of `latency_ms.p95`."""
        found = _QUANTILE.fullmatch(self.metric)
        return found[1] if found and self.kind == "guard" else self.metric

    @property
    def quantile(self) -> float | None:
        """Which quantile it compares, 0..1; None where it is the mean."""
        found = _QUANTILE.fullmatch(self.metric)
        return int(found[2]) / 100.0 if found and self.kind == "guard" else None


def rules_of(params: GateParams) -> Iterator[Rule]:
    """Yield every rule that compares two Versions: margins, the same on each slice, guards."""
    for metric, limit in params.margins.items():
        yield Rule(metric, "margin", limit)
        for tag in params.slices:
            yield Rule(metric, "margin", limit, tag)
    for metric, limit in params.guards.items():
        yield Rule(metric, "guard", limit)


ScoresByMetric = Mapping[str, Mapping[str, Sequence[Score]]]
"""Metric to Case id to its Scores: one, unless an id stands twice."""


_STRANGER = "it is not among the Cases"


@dataclass(frozen=True, slots=True)
class Pair:
    """What one Case scored with both Versions."""

    case_id: str
    candidate: float
    baseline: float


@dataclass(frozen=True, slots=True)
class Pairing:
    """The pairs, ordered by Case id, and how many Cases have none, by reason.

    A Case that the metric does not apply to, with either Version, is in neither.
    """

    pairs: tuple[Pair, ...]
    unpaired: dict[str, int]

    @property
    def coverage(self) -> float:
        """Share of the Cases that the metric applies to that are paired, 0 if there is none."""
        applicable = len(self.pairs) + sum(self.unpaired.values())
        return len(self.pairs) / applicable if applicable else 0.0


def by_metric(scores: Iterable[Score]) -> ScoresByMetric:
    """Group Scores by metric and Case, whatever their order."""
    grouped: dict[str, dict[str, list[Score]]] = {}
    for score in scores:
        grouped.setdefault(score.metric, {}).setdefault(score.case_id, []).append(score)
    return grouped


def pair_scores(
    metric: str,
    candidate: ScoresByMetric,
    baseline: ScoresByMetric,
    cases: Set[str],
    known: Set[str],
) -> Pairing:
    """Pair the scores of one metric on `cases`, which are some or all of the `known` ones.

    A Case has no pair where one side lacks it, failed on it, holds it twice, or scored no finite
    number; a score of a Case that is not known has none either.
    """
    own, other = candidate.get(metric, {}), baseline.get(metric, {})
    pairs: list[Pair] = []
    unpaired: Counter[str] = Counter()
    if strangers := (own.keys() | other.keys()) - known:
        unpaired[_STRANGER] = len(strangers)
    for case_id in sorted(cases):
        sides = (own.get(case_id, ()), other.get(case_id, ()))
        if all(_applies_not(side) for side in sides):
            continue
        left, right = _value(sides[0]), _value(sides[1])
        if isinstance(left, float) and isinstance(right, float):
            pairs.append(Pair(case_id, left, right))
        else:
            unpaired[_reason(left, right)] += 1
    return Pairing(tuple(pairs), dict(sorted(unpaired.items())))


def _applies_not(side: Sequence[Score]) -> bool:
    return bool(side) and all(score.status == "not_applicable" for score in side)


def _value(side: Sequence[Score]) -> float | str:
    """Return the one value of a Case, or why there is none."""
    if not side:
        return "has no score"
    if len(side) > 1:
        return "has several scores"
    [score] = side
    if score.status == "scored" and score.value is not None:
        found = Score.of(score.case_id, score.metric, score.value)
        return score.value if found.status == "scored" else f"failed: {found.reason}"
    verb = "failed" if score.status == "failed" else "does not apply"
    return f"{verb}: {score.reason or 'no reason'}"


def _reason(candidate: float | str, baseline: float | str) -> str:
    if candidate == baseline:
        return f"with both it {candidate}"
    sides = (("candidate", candidate), ("baseline", baseline))
    said = [f"with the {side} it {why}" for side, why in sides if isinstance(why, str)]
    return ", ".join(said)
