"""Scorecard: what a Version scored, metric by metric, and what that was measured on."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, computed_field, model_validator

from eval.spent import Spent
from pipeline.digest import hash_of

FORMAT: Literal[2] = 2


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MetricSummary(_Frozen):
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


class CaseSet(_Frozen):
    """The Cases that were asked: their hash, how many, and the quotes that were not found."""

    hash: str
    count: int
    orphans: tuple[str, ...]
    """`case id: document` of each evidence that is not in the Documents, as `winnow cases` says."""


class SpendingByPart(_Frozen):
    """What the language models took that answered and that judged; nothing where none did."""

    answer: Spent = Spent()
    judge: Spent = Spent()


class Scorecard(_Frozen):
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
