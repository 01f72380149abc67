"""Winnow with its encoder in static int8: `encoder.precision: int8`, all else as by default."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.contenders import by_winnow


def build(texts: Path, place: Path) -> dict[str, float]:
    """Build a Version and return the seconds that each stage took."""
    return by_winnow.build(texts, place, "encoder.precision=int8")


def update(texts: Path, place: Path) -> dict[str, float]:
    """Run the stages again over the same caches."""
    return build(texts, place)


def open_index(place: Path, k: int) -> tuple[int, Callable[[str], list[str]]]:
    """Open the Version."""
    return by_winnow.open_index(place, k)
