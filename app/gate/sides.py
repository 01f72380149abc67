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
    if against is not None and against.startswith(GIT):
        revision = locked_revision(workspace.root, against.removeprefix(GIT))
        chosen = _last_built(workspace, candidate)
        if chosen is None and candidate is not None:
            chosen = _library_sides(workspace, candidate, None)[0]
        return GateSides(_built(workspace, chosen), revision.version, against, revision)
    asked = None if first else against or CHAMPION
    chosen, baseline, ledger = _library_sides(workspace, candidate, asked)
    if first:
        check_first(ledger.champion())
    return GateSides(_built(workspace, chosen), baseline, asked, ledger=ledger)


def chosen_candidate(workspace: Workspace, candidate: str | None, ledger: Ledger) -> str:
    """Return the id of the Version that a name means; the last built where none is given.

    Raises:
        PrerequisiteError: nothing is built.
        VersionError: no Version, or several, have that name.
    """
    chosen = _last_built(workspace, candidate)
    if chosen is None and candidate is not None:
        chosen = named_version(candidate, ledger)
    return _built(workspace, chosen)


def check_first(champion: str | None) -> None:
    """Check that a first release replaces none.

    Raises:
        PrerequisiteError: there is a champion.
    """
    if champion is not None:
        raise PrerequisiteError(
            f"--first is for a release that replaces none, and {champion} is champion; leave it out"
        )


def _library_sides(
    workspace: Workspace, candidate: str | None, against: str | None
) -> tuple[str | None, str | None, Ledger]:
    ledger = open_ledger(workspace)
    chosen = _last_built(workspace, candidate)
    if chosen is None and candidate is not None:
        chosen = named_version(candidate, ledger)
    if against is None:
        return chosen, None, ledger
    if against == CHAMPION and ledger.champion() is None:
        raise PrerequisiteError(
            "there is no champion yet: judge a first release by its floors alone with "
            "`winnow gate --first`, or name a Version with --against"
        )
    return chosen, named_version(against, ledger), ledger


def _last_built(workspace: Workspace, candidate: str | None) -> str | None:
    """Return the Version that dvc.lock names, if it is the one meant: that needs no ledger."""
    built = workspace.version
    if candidate is None or built is None:
        return built if candidate is None else None
    wanted = candidate.strip().lower()
    return built if len(wanted) >= SHORTEST_PREFIX and built.startswith(wanted) else None


def _built(workspace: Workspace, version: str | None) -> str:
    if version is None:
        raise PrerequisiteError(f"no Version is built in {workspace.root} yet; run `winnow run`")
    return version
