"""Remote choice: which of the remotes in DVC's configuration is meant."""

from typing import TYPE_CHECKING

from app.workspace import Workspace
from pipeline.errors import PrerequisiteError

if TYPE_CHECKING:
    from dvc.repo import Repo


def open_repository(place: Workspace) -> "Repo":
    """Open a workspace as DVC does.

    Raises:
        PrerequisiteError: its configuration cannot be read.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        return Repo(str(place.root))
    except DvcException as error:
        reason = " ".join(str(error).split())
        raise PrerequisiteError(
            f"{place.root} cannot be opened by DVC ({reason}); correct its .dvc/config"
        ) from None


def chosen_remote(repo: "Repo", name: str | None) -> str | None:
    """Return the remote of that name, else the default or the only one; None if there is none.

    Raises:
        PrerequisiteError: there is none of that name, or several and none is the default.
    """
    remotes = repo.config.get("remote", {})
    wanted = name or repo.config["core"].get("remote")
    if wanted is None and len(remotes) < 2:
        return next(iter(remotes), None)
    named = ", ".join(remotes) or "none is configured"
    if wanted is None:
        raise PrerequisiteError(
            f"none of the remotes is the default ({named}); run `dvc remote default NAME`"
        )
    if wanted not in remotes:
        raise PrerequisiteError(
            f"there is no remote {wanted!r} ({named}); add it with `dvc remote add {wanted} URL`"
        )
    return str(wanted)
