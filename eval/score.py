"""Score: one metric on one Case, as a number, a failure with its reason, or not applicable."""

from dataclasses import dataclass
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class Score:
    """One metric on one Case; a failure is a reason, never NaN, 0 or a missing row.

    `value` is set exactly when `status` is "scored"; otherwise `reason` says why not.
    """

    case_id: str
    metric: str
    status: Literal["scored", "failed", "not_applicable"]
    value: float | None = None
    reason: str | None = None

    @classmethod
    def of(cls, case_id: str, metric: str, value: float) -> Self:
        """Make a scored value; one that is not finite becomes a failure."""
        if value != value or value in (float("inf"), float("-inf")):
            return cls.failed(case_id, metric, f"the metric returned {value}")
        return cls(case_id, metric, "scored", value=float(value))

    @classmethod
    def failed(cls, case_id: str, metric: str, reason: str) -> Self:
        """Make a failure: the metric applies to the Case but could not be measured."""
        return cls(case_id, metric, "failed", reason=reason)

    @classmethod
    def not_applicable(cls, case_id: str, metric: str, reason: str) -> Self:
        """Make a Score of a metric that has no meaning for the Case."""
        return cls(case_id, metric, "not_applicable", reason=reason)
