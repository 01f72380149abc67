"""Ledger: where Scorecards are recorded, and the chain of receipts that says who is champion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from eval.scores.scorecard import Score, Scorecard


@dataclass(frozen=True, slots=True)
class NewRecord:
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


CHAMPION = "champion"
"""The alias of the Version that is served."""
CHALLENGER = "challenger"
"""The alias of the Version that last passed the gate against the champion."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain: the hash of a receipt, and the Version that it made champion."""

    receipt: str
    version: str


class Ledger(Protocol):
    """Holds one run for each Scorecard key, and the chain of receipts.

    The chain alone says who is champion: each receipt is the only successor of the one before, as
    the store takes it once. Aliases repeat it for others to read, and may lag behind.
    Every method raises LedgerError where the store cannot be reached or is broken.
    """

    def record(self, new: NewRecord) -> str:
        """Record once and return the run's id; recording again returns the same run."""

    def records(self) -> list[Record]:
        """Return every recorded Scorecard, newest first, one for each key."""

    def scores(self, record: Record) -> list[Score]:
        """Return the Case by Case scores of a record."""

    def champion(self) -> str | None:
        """Return the id of the Version that the last receipt made champion, if there is one."""

    def chain(self) -> tuple[Link, ...]:
        """Return every link, the first receipt's first."""

    def append(self, link: Link, previous: str | None, attachments: Mapping[str, bytes]) -> None:
        """Add a link after the receipt whose hash is `previous`, None for the first.

        The attachments, relative name to content, are stored before the link: nothing in the chain
        lacks its files. Appending the same link again is no fault.

        Raises:
            ConflictError: another link follows `previous` already.
        """

    def attachments(self) -> tuple[str, ...]:
        """Return the names of all files beside the chain, those that no link names included."""

    def attachment(self, name: str) -> bytes:
        """Return a file that was stored beside the chain.

        Raises:
            ReceiptError: there is none of that name.
        """

    def attach(self, attachments: Mapping[str, bytes]) -> None:
        """Store files beside the chain, over any of the same name: for repair."""

    def aliases(self) -> dict[str, str]:
        """Map each alias to the id of its Version, "" where Winnow did not record that one."""

    def point(self, alias: str, version: str | None) -> None:
        """Let an alias name a recorded Version, or None.

        Raises:
            LedgerError: no Scorecard of that Version is recorded.
        """
