"""Version table: the scored Versions, and which of them are chosen for comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.workbench.rendering import render
from app.workbench.scored_version import ScoredVersion, metric_names

SLOTS = "ABCD"
MOST_CHOSEN = len(SLOTS)


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
        full=len(chosen) >= MOST_CHOSEN,
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
    return f"{chosen} chosen" + (", the most at once" if chosen == MOST_CHOSEN else "")
