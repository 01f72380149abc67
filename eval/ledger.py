"""Ledger: where Scorecards are recorded and which Version is champion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from eval.score import Score
from eval.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class Entry:
    """A Scorecard to record, with what surrounds it.

    `files` are attached as they are (relative name to path); `measurements` are what must
    not stand in a content-addressed file, such as seconds; `tags` say where it came from.
    """

    scorecard: Scorecard
    files: Mapping[str, Path]
    measurements: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A Scorecard as the ledger holds it; `recorded` is in seconds since the epoch."""

    run: str
    scorecard: Scorecard
    recorded: float
    measurements: Mapping[str, float]
    tags: Mapping[str, str]


class Ledger(Protocol):
    """Holds one run for each Scorecard key, and names the champion."""

    def record(self, entry: Entry) -> str:
        """Record once and return the run's id; recording again returns the same run."""

    def records(self) -> list[Record]:
        """Return every recorded Scorecard, newest first, one for each key."""

    def scores(self, record: Record) -> list[Score]:
        """Return the Case by Case scores of a record."""

    def champion(self) -> str | None:
        """Return the id of the Version that the alias `champion` names, if any."""
