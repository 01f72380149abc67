"""Diagnosis: what `winnow doctor` says of one part of a project, and how it can be repaired."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["fine", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Repair:
    """What `--repair` does, in words that follow "it", and the doing of it."""

    does: str
    act: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One part, whether it is fine, and what was seen.

    `unknown` is what could not be looked at, which is never called fine. Where only a person can
    help, `said` names the command and there is no repair.
    """

    part: str
    state: State
    said: str
    repair: Repair | None = None


def fine(part: str, said: str) -> Diagnosis:
    """Return that a part is as it must be."""
    return Diagnosis(part, "fine", said)


def wrong(part: str, said: str, repair: Repair | None = None) -> Diagnosis:
    """Return that a part is not as it must be."""
    return Diagnosis(part, "wrong", said, repair)


def unknown(part: str, said: str) -> Diagnosis:
    """Return that a part could not be looked at."""
    return Diagnosis(part, "unknown", said)
