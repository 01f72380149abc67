"""Rules of the gate: which metric, on which Cases, may be how much worse."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from eval.params import GateParams

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
