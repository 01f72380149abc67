"""Winnow with its encoder in static int8: `encoder.precision: int8`, all else as by default."""

from pathlib import Path

from benchmarks.contenders import by_winnow

open_index = by_winnow.open_index


def build(texts: Path, place: Path) -> dict[str, float]:
    """Build a Version and return the seconds that each stage took."""
    return by_winnow.build(texts, place, "encoder.precision=int8")


# What did not change comes from the caches.
update = build
