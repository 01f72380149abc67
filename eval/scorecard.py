"""Scorecard: what a Version scored, metric by metric, and what that was measured on."""

from pydantic import BaseModel, ConfigDict

from pipeline.digest import hash_of

FORMAT = 1


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

    @property
    def coverage(self) -> float:
        """Share of the Cases that the metric applies to that were scored, 0 if there is none."""
        applicable = self.scored + sum(self.failed.values())
        return self.scored / applicable if applicable else 0.0


class CaseSet(_Frozen):
    """The Cases that were asked: their hash, how many, and the quotes that were not found."""

    hash: str
    count: int
    orphans: tuple[str, ...]
    """`case id: document` of each evidence that is not in the Documents, as `winnow cases` says."""


class Scorecard(_Frozen):
    """What one Version scored on one set of Cases with one judge."""

    format: int = FORMAT
    version: str
    engine: str
    corpus: str
    cases: CaseSet
    judge: str
    """Hash of the judge: its metrics, encoder and library versions."""
    settings: dict[str, str | int | float | bool]
    """Every param that made the Version, its answers and scores, flattened: `chunk.size`."""
    metrics: dict[str, MetricSummary]
    tags: dict[str, dict[str, MetricSummary]]
    """Case tag to the metrics over the Cases that carry it."""

    @property
    def key(self) -> str:
        """Hash of version, engine, Cases, judge and score params: one ledger run each."""
        score = {name: value for name, value in self.settings.items() if _scores(name)}
        return hash_of([self.version, self.engine, self.cases.hash, self.judge, score])


def _scores(name: str) -> bool:
    return name.startswith(("answer.", "score."))
