"""Difference: what the answers of the chosen Versions share, by the letters of their columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eval.comparison import Comparison, compare_answers
from pipeline.answer import Answer


@dataclass(frozen=True, slots=True)
class Difference:
    """Who found a passage and who says a sentence alone; `slots` are those that answered."""

    slots: tuple[str, ...] = ()
    same_text: bool = True
    found: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    alone: frozenset[tuple[str, int]] = frozenset()

    def finders(self, slot: str, rank: int) -> tuple[str, ...]:
        """Return the letters of all that found a passage, its own included."""
        return self.found.get((slot, rank), (slot,))

    def says_alone(self, slot: str, number: int) -> bool:
        """Whether no other answer holds the sentence with this number, counted from 0."""
        return (slot, number) in self.alone

    def found_alone(self, slot: str) -> int:
        """Count the passages that only this one found."""
        return sum(finders == (slot,) for (own, _), finders in self.found.items() if own == slot)


def difference_of(answers: Mapping[str, Answer]) -> Difference:
    """Compare the answers under their letters; fewer than two differ in nothing."""
    slots = tuple(answers)
    if len(slots) < 2:
        return Difference(slots)
    comparison = compare_answers(list(answers.values()))
    return Difference(
        slots=slots,
        same_text=comparison.same_text,
        found=_found(slots, comparison),
        alone=frozenset(
            (slot, number)
            for slot, column in zip(slots, comparison.columns, strict=True)
            for number, shared in enumerate(column.sentences)
            if shared.sharing == "one"
        ),
    )


def _found(
    slots: tuple[str, ...], comparison: Comparison
) -> dict[tuple[str, int], tuple[str, ...]]:
    return {
        (slots[own], shared.passage.rank): tuple(
            slot for at, slot in enumerate(slots) if at == own or at in shared.others
        )
        for own, column in enumerate(comparison.columns)
        for shared in column.passages
    }
