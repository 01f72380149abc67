"""Gate sides: which two Versions are to be compared, and where they may be known from."""

from dataclasses import dataclass

from app.library import SHORTEST_PREFIX, named_version, open_ledger
from app.workspace.git import Revision, locked_revision
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHAMPION, Ledger
from pipeline.errors import DataError, PrerequisiteError

GIT = "git:"


@dataclass(frozen=True, slots=True)
class GateSides:
    """A candidate and what it is compared with.

    `baseline` and `against`, how it was asked for, are None for a first release; `revision` is
    there where git named the baseline, and then no ledger is asked.
    """

    candidate: str
    baseline: str | None
    against: str | None
    revision: Revision | None = None
    ledger: Ledger | None = None


def choose_sides(
    workspace: Workspace, candidate: str | None, against: str | None, first: bool
) -> GateSides:
    """Find the Versions that are meant; the last built, against the champion, by default.

    Args:
        workspace: Names the last built Version.
        candidate: Start of an id.
        against: `champion`, the start of an id, or `git:` and a revision.
        first: Whether there is to be no baseline.

    Raises:
        PrerequisiteError: nothing is built, or there is no champion to compare with.
        VersionError: no Version, or several, begin like that.
        DataError: a first release was given a baseline.
    """
    if first and against is not None:
        raise DataError(f"--first and --against {against}: a first release has no baseline")
    revision = None
    if against is not None and against.startswith(GIT):
        revision = locked_revision(workspace.root, against.removeprefix(GIT))
        if candidate is None or _names_last_built(workspace, candidate):
            return GateSides(_last_built(workspace), revision.version, against, revision)
    ledger = open_ledger(workspace)
    version = chosen_candidate(workspace, candidate, ledger)
    if revision is not None:
        return GateSides(version, revision.version, against, revision)
    if first:
        check_first(ledger.champion())
        return GateSides(version, None, None, ledger=ledger)
    asked = against or CHAMPION
    if asked == CHAMPION and ledger.champion() is None:
        raise PrerequisiteError(
            "there is no champion yet: judge a first release by its floors alone with "
            "`winnow gate --first`, or name a Version with --against"
        )
    return GateSides(version, named_version(asked, ledger), asked, ledger=ledger)


def chosen_candidate(workspace: Workspace, candidate: str | None, ledger: Ledger) -> str:
    """Return the id of the Version that a name means; the last built where none is given.

    Raises:
        PrerequisiteError: nothing is built.
        VersionError: no Version, or several, have that name.
    """
    if candidate is None or _names_last_built(workspace, candidate):
        return _last_built(workspace)
    return named_version(candidate, ledger)


def check_first(champion: str | None) -> None:
    """Check that a first release replaces none.

    Raises:
        PrerequisiteError: there is a champion.
    """
    if champion is not None:
        raise PrerequisiteError(
            f"--first is for a release that replaces none, and {champion} is champion; leave it out"
        )


def _names_last_built(workspace: Workspace, candidate: str) -> bool:
    """Say whether the Version that dvc.lock names is meant, which needs no ledger."""
    wanted = candidate.strip().lower()
    return len(wanted) >= SHORTEST_PREFIX and (workspace.version or "").startswith(wanted)


def _last_built(workspace: Workspace) -> str:
    if workspace.version is None:
        raise PrerequisiteError(f"no Version is built in {workspace.root} yet; run `winnow run`")
    return workspace.version
