"""The table of Versions: what sets each apart, its newest scores, the order and the choice."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.display.scorecards import parts_text, total_text
from app.workbench.rendering import render
from eval.ledger.ledger import Record
from eval.scores.scorecard import MetricSummary, Scorecard

SLOTS = "ABCD"
"""The letters that chosen Versions get: so many at once."""
_LEADING = (
    "context_recall",
    "context_precision",
    "ndcg",
    "answer_alignment",
    "token_f1",
    "abstention_right",
)
_UNSET = "not set"


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
    if not records:
        return []
    newest: dict[str, Record] = {}
    for record in records:
        newest.setdefault(record.scorecard.version, record)
    counts = Counter(record.scorecard.version for record in records)
    reference = champion if champion in newest else list(newest)[-1]
    facts = {version: _facts(record.scorecard) for version, record in newest.items()}
    names = dict.fromkeys(name for each in facts.values() for name in each)
    values = {name: {each.get(name, _UNSET) for each in facts.values()} for name in names}
    varying = [name for name in names if len(values[name]) > 1]
    measured = _measured_on(records[0].scorecard)
    return [
        ScoredVersion(
            record=newest[version],
            champion=version == champion,
            reference=version == reference,
            comparable=_measured_on(newest[version].scorecard) == measured,
            earlier=counts[version] - 1,
            differing=_differing(facts[version], facts[reference], varying),
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
    facts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in scorecard.settings.items()
    }
    return facts | {"documents": scorecard.corpus[:8], "engine": scorecard.engine[:8]}


def _differing(
    own: dict[str, str], reference: dict[str, str], varying: Sequence[str]
) -> tuple[Setting, ...]:
    """Return what differs from the reference; of the reference itself, all that varies."""
    if own is reference:
        return tuple(Setting(name, own.get(name, _UNSET), None) for name in varying)
    settings = (
        Setting(name, own.get(name, _UNSET), reference.get(name, _UNSET)) for name in varying
    )
    return tuple(each for each in settings if each.value != each.reference)


def _measured_on(scorecard: Scorecard) -> tuple[object, ...]:
    score = {name: value for name, value in scorecard.settings.items() if name.startswith("score.")}
    return scorecard.cases.hash, scorecard.judge, tuple(sorted(score.items()))


@dataclass(frozen=True, slots=True)
class Order:
    """The column that the table is sorted by: a metric's name or `recorded`."""

    column: str
    descending: bool = True

    def turned_to(self, column: str) -> "Order":
        """Return the order after a click on a column's heading: the same column turns round."""
        return Order(column, not self.descending if column == self.column else True)

    def apply(self, versions: Sequence[ScoredVersion]) -> list[ScoredVersion]:
        """Return the Versions in this order, those without a value last."""
        valued = [each for each in versions if self._value(each) is not None]
        valued.sort(key=lambda each: self._value(each) or 0.0, reverse=self.descending)
        return valued + [each for each in versions if self._value(each) is None]

    def _value(self, version: ScoredVersion) -> float | None:
        if self.column == "recorded":
            return version.record.recorded
        summary = version.metric(self.column)
        return summary.mean if summary else None


def lettered(checked: Sequence[str], before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give each checked Version a letter: the one it had before, else the first that is free."""
    letters = {id_: letter for id_, letter in (before or {}).items() if id_ in checked}
    free = [letter for letter in SLOTS if letter not in letters.values()]
    added = [id_ for id_ in dict.fromkeys(checked) if id_ not in letters]
    return letters | dict(zip(added, free, strict=False))


def first_choice(versions: Sequence[ScoredVersion]) -> tuple[str, ...]:
    """Choose the champion, or else the reference, and the newest other Version."""
    base = [each.id for each in versions if each.champion or each.reference]
    others = [each.id for each in versions if each.id not in base]
    return tuple((base[:1] + others[:1])[:2])


def version_table(
    versions: Sequence[ScoredVersion], chosen: Mapping[str, str], order: Order | None = None
) -> str:
    """Render the table; the chosen Versions carry their letters, without an order all stay put."""
    leading, further = metric_names(versions)
    return render(
        "version_table",
        versions=order.apply(versions) if order else versions,
        order=order,
        slots=chosen,
        full=len(chosen) >= len(SLOTS),
        leading=leading,
        further=further,
        rises={name: _rises(versions, name) for name in leading + further},
        hint=_hint(len(versions), len(chosen)),
    )


def _rises(versions: Sequence[ScoredVersion], name: str) -> bool:
    """Whether a higher value of the metric is a better one."""
    found = [summary for each in versions if (summary := each.metric(name))]
    return all(summary.higher_is_better for summary in found)


def _hint(count: int, chosen: int) -> str:
    if count == 1:
        return "Only one so far"
    if chosen == 0:
        return "Choose two to four to compare"
    if chosen == 1:
        return "Choose one more to compare"
    return f"{chosen} chosen" + (", the most at once" if chosen == len(SLOTS) else "")
