"""Scores and the Scorecard: what a Version scored, and what that was measured on."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import computed_field, model_validator

from pipeline.files import hash_of
from pipeline.params import Frozen
from pipeline.tables import Rows

FORMAT: Literal[2] = 2
_COST_DIGITS = 9


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
        if not math.isfinite(value):
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


class Spent(Frozen):
    """Tokens of prompts and replies together, and US dollars: None where a price is not known.

    What replies are worth, whether they were fetched now or stored before: the same work gives
    the same numbers however often it was broken off.
    """

    tokens: int = 0
    cost: float | None = 0.0

    @classmethod
    def total(cls, parts: Iterable["Spent"]) -> "Spent":
        """Add up; the order does not matter, and one unknown price makes the cost unknown."""
        every = list(parts)
        known = [each.cost for each in every if each.cost is not None]
        cost = round(math.fsum(known), _COST_DIGITS) if len(known) == len(every) else None
        return cls(tokens=sum(each.tokens for each in every), cost=cost)


class MetricSummary(Frozen):
    """One metric over all Cases: mean, interval, and how many were scored, failed or left out.

    `mean`, `low` and `high` are None when no Case was scored.
    """

    mean: float | None
    low: float | None
    high: float | None
    scored: int
    failed: dict[str, int]
    """Reason to number of Cases."""
    not_applicable: int
    higher_is_better: bool = True

    @computed_field  # type: ignore[prop-decorator]
    @property
    def coverage(self) -> float:
        """Share of the Cases that the metric applies to that were scored, 0 if there is none."""
        applicable = self.scored + sum(self.failed.values())
        return self.scored / applicable if applicable else 0.0

    @model_validator(mode="before")
    @classmethod
    def _derive_coverage(cls, content: Any) -> Any:
        if not isinstance(content, dict):
            return content
        return {name: value for name, value in content.items() if name != "coverage"}


class CaseSet(Frozen):
    """The Cases that were asked: their hash, how many, and the quotes that were not found."""

    hash: str
    count: int
    orphans: tuple[str, ...]
    """`case id: document` of each evidence that is not in the Documents, as `winnow cases` says."""


class SpendingByPart(Frozen):
    """What the language models took that answered and that judged; nothing where none did."""

    answer: Spent = Spent()
    judge: Spent = Spent()


class Scorecard(Frozen):
    """What one Version scored on one set of Cases with one judge.

    One of format 1, from before there were language models, is read as one that spent nothing.
    """

    format: Literal[2] = FORMAT
    version: str
    engine: str
    corpus: str
    cases: CaseSet
    judge: str
    """Hash of the judge: its metrics, models and library versions."""
    settings: dict[str, str | int | float | bool]
    """Every param that made the Version, its answers and scores, flattened: `chunk.size`."""
    metrics: dict[str, MetricSummary]
    tags: dict[str, dict[str, MetricSummary]]
    """Case tag to the metrics over the Cases that carry it."""
    spending: SpendingByPart = SpendingByPart()

    @property
    def key(self) -> str:
        """Hash of version, engine, Cases, judge and the params of scoring: one ledger run each."""
        measured = {name: value for name, value in self.settings.items() if measures(name)}
        return hash_of([self.version, self.engine, self.cases.hash, self.judge, measured])

    @model_validator(mode="before")
    @classmethod
    def _upgrade(cls, content: Any) -> Any:
        if isinstance(content, dict) and content.get("format") == 1:
            return {**content, "format": FORMAT}
        return content


def measures(setting: str) -> bool:
    """Whether a setting is of how a Version is measured, and not of the Version."""
    return setting.startswith(("answer.", "score.", "judge."))


_ROWS = Rows(Score, "scores")


def write_scores(path: Path, scores: Sequence[Score]) -> None:
    """Write Scores in the order given."""
    _ROWS.write(path, scores)


def read_scores(path: Path) -> list[Score]:
    """Read Scores back, in the order they were written.

    Raises:
        ArtifactError: the file is missing, broken or of another schema.
    """
    return _ROWS.read(path)
