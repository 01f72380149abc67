"""Kept scores: where a Version's Scorecard and scores may stand already."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.measured_version import AS_RECORDED
from app.remote_folder import folder_files
from app.workspace import Workspace
from eval.ledger import Ledger
from eval.recording import SCORES, read_scorecard
from eval.score import Score
from eval.scorecard import Scorecard
from eval.scores import read_scores
from pipeline.digest import folder_files as files_below
from pipeline.errors import ArtifactError, VersionError


@dataclass(frozen=True, slots=True)
class KeptScores:
    """A Scorecard, its scores once they are asked for, and how they came about."""

    scorecard: Scorecard
    read: Callable[[], Sequence[Score]]
    scored: str = AS_RECORDED
    measurements: Mapping[str, float] = field(default_factory=dict)


def in_cache(place: Workspace, folders: Sequence[str]) -> Iterator[KeptScores]:
    """Yield the Scorecards that DVC keeps under these ids, in its cache or its remote."""
    for folder in folders:
        try:
            yield _of_files(folder_files(place, folder))
        except (VersionError, ArtifactError):
            # A clone without its data, or of another format: the Version is measured again.
            continue


def in_ledger(ledger: Ledger, version: str) -> Iterator[KeptScores]:
    """Yield what a ledger has of a Version, newest first.

    Raises:
        LedgerError: it cannot be reached.
    """
    for record in ledger.records():
        if record.scorecard.version == version:
            yield KeptScores(
                record.scorecard,
                lambda record=record: ledger.scores(record),  # type: ignore[misc]
                measurements=record.measurements,
            )


def in_folder(folder: Path, scored: str) -> Iterator[KeptScores]:
    """Yield the Scorecard in a folder, if there is one that can be read."""
    if not folder.is_dir():
        return
    try:
        yield _of_files(files_below(folder), scored)
    except ArtifactError:
        return


def _of_files(files: Mapping[str, Path], scored: str = AS_RECORDED) -> KeptScores:
    card = read_scorecard(files)
    if SCORES not in files:
        raise ArtifactError(f"{SCORES} is missing from the Scorecard; run `dvc repro score`")
    return KeptScores(card, lambda: read_scores(files[SCORES]), scored)
