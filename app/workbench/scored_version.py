"""ScoredVersion: one Version's newest Record, and how it differs from the others."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.spending_text import parts_text, total_text
from eval.ledger import Record
from eval.scorecard import MetricSummary, Scorecard

_LEADING = (
    "context_recall",
    "context_precision",
    "ndcg",
    "answer_alignment",
    "token_f1",
    "abstention_right",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting in which Versions differ; `reference` is the reference Version's value."""

    name: str
    value: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class ScoredVersion:
    """A row of the table: `differing` holds what sets it apart from the reference Version.

    `comparable` is whether it was scored on the same Cases, by the same judge and with the
    same score params as the newest Record; `earlier` counts its older Records.
    """

    record: Record
    champion: bool
    reference: bool
    comparable: bool
    earlier: int
    differing: tuple[Setting, ...]

    @property
    def id(self) -> str:
        """The version id."""
        return self.record.scorecard.version

    @property
    def experiment(self) -> str | None:
        """The name of the DVC experiment that made it, if one did."""
        return self.record.tags.get("experiment") or None

    @property
    def remote(self) -> bool:
        """Whether a language model behind an endpoint writes its answers."""
        generator = self.record.scorecard.settings.get("generation.generator", "extractive")
        return generator != "extractive"

    @property
    def spent(self) -> str:
        """What language models took to answer and judge its Cases; empty where none did."""
        return total_text(self.record.scorecard.spending)

    @property
    def spent_by_part(self) -> str:
        """The same for answering and judging apart."""
        return parts_text(self.record.scorecard.spending)

    def metric(self, name: str) -> MetricSummary | None:
        """Return the summary of one metric, if it was measured."""
        return self.record.scorecard.metrics.get(name)


def scored_versions(records: Sequence[Record], champion: str | None) -> list[ScoredVersion]:
    """Make one row of each Version from Records that are newest first.

    The reference that settings are compared with is the champion, else the oldest Version. It
    comes first, the others follow newest first.
    """
    newest: dict[str, Record] = {}
    counts: dict[str, int] = {}
    for record in records:
        version = record.scorecard.version
        newest.setdefault(version, record)
        counts[version] = counts.get(version, 0) + 1
    if not newest:
        return []
    reference = champion if champion in newest else list(newest)[-1]
    facts = {version: _facts(record.scorecard) for version, record in newest.items()}
    varying = _varying(list(facts.values()))
    measured = _measured_on(next(iter(newest.values())).scorecard)
    return [
        ScoredVersion(
            record=newest[version],
            champion=version == champion,
            reference=version == reference,
            comparable=_measured_on(newest[version].scorecard) == measured,
            earlier=counts[version] - 1,
            differing=_differing(facts[version], facts[reference], varying, version == reference),
        )
        for version in sorted(newest, key=lambda each: each != reference)
    ]


def metric_names(versions: Sequence[ScoredVersion]) -> tuple[list[str], list[str]]:
    """Return the metrics to show at once and the further ones, each in a steady order."""
    names = list(dict.fromkeys(name for each in versions for name in each.record.scorecard.metrics))
    leading = [name for name in _LEADING if name in names] or names[: len(_LEADING)]
    return leading, [name for name in names if name not in leading]


def _facts(scorecard: Scorecard) -> dict[str, str]:
    """Everything that may set a Version apart, as text; documents and code by their hashes."""
    facts = {name: _plain(value) for name, value in scorecard.settings.items()}
    return facts | {"documents": scorecard.corpus[:8], "engine": scorecard.engine[:8]}


def _varying(facts: Sequence[dict[str, str]]) -> list[str]:
    names = dict.fromkeys(name for each in facts for name in each)
    return [name for name in names if len({each.get(name, "not set") for each in facts}) > 1]


def _differing(
    own: dict[str, str], reference: dict[str, str], varying: Sequence[str], is_reference: bool
) -> tuple[Setting, ...]:
    settings = [
        Setting(name, own.get(name, "not set"), reference.get(name, "not set")) for name in varying
    ]
    if is_reference:
        return tuple(Setting(each.name, each.value, None) for each in settings)
    return tuple(each for each in settings if each.value != each.reference)


def _measured_on(scorecard: Scorecard) -> tuple[object, ...]:
    score = {name: value for name, value in scorecard.settings.items() if name.startswith("score.")}
    return scorecard.cases.hash, scorecard.judge, tuple(sorted(score.items()))


def _plain(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
