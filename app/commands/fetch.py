"""`winnow fetch`: a Version from a remote by its id, on a machine that has nothing else of it."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.configured_remote import configured_remote, remote_called
from app.options import WorkspaceOption
from app.workspace import find_workspace
from pipeline.errors import PrerequisiteError
from pipeline.remote_address import RemoteAddress

IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The Version's id, or its start where that is enough.")
]
RemoteOption = Annotated[
    str | None,
    typer.Option(
        "--remote",
        metavar="URL",
        help="s3://BUCKET/FOLDER, https://, a folder, or a DVC remote's name; by default "
        "WINNOW_REMOTE, or the workspace's default remote.",
    ),
]
ToOption = Annotated[
    Path | None,
    typer.Option("--to", help="Folder to make; the first 12 digits of the id by default."),
]
AnonymousOption = Annotated[
    bool, typer.Option("--anonymous", help="Without credentials, from a public bucket.")
]
EndpointOption = Annotated[
    str | None,
    typer.Option("--endpoint-url", metavar="URL", help="Where s3:// is served, if not by AWS."),
]


def fetch(
    version_id: IdArgument,
    remote: RemoteOption = None,
    to: ToOption = None,
    anonymous: AnonymousOption = False,
    endpoint_url: EndpointOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Bring a Version from a remote by its id, verified, in one folder; needs neither git nor DVC.

    What an earlier call left unfinished is gone on with.
    """
    from pipeline.remote_objects import RemoteObjects
    from pipeline.version_fetch import fetch_version

    address = remote_address(remote, anonymous, endpoint_url, workspace, os.environ)
    with RemoteObjects(address) as objects:
        fetched = fetch_version(objects, version_id, to)
    came = f"{fetched.came / 1e6:,.1f} MB came" if fetched.came else "it was there already"
    typer.echo(f"Version {fetched.id} is in {fetched.folder} ({came}, every file verified)")
    typer.echo(f'ask it: winnow ask --folder {shlex.quote(_short(fetched.folder))} "your question"')


def remote_address(
    url: str | None,
    anonymous: bool,
    endpoint_url: str | None,
    workspace: Path | None,
    environ: Mapping[str, str],
) -> RemoteAddress:
    """Return the address that is given, or else `WINNOW_REMOTE`'s, or else the workspace's.

    Of a remote that the workspace configures, by its name or address, its credentials come too.

    Raises:
        PrerequisiteError: none of them is there.
        RemoteError: it is no address.
    """
    named = url if url is not None else environ.get("WINNOW_REMOTE")
    try:
        place = find_workspace(workspace)
    except PrerequisiteError:
        if workspace is not None:
            raise
        place = None
    if named is not None:
        found = (remote_called(place, named) if place and named else None) or RemoteAddress(named)
    elif place is not None:
        found = configured_remote(place)
    else:
        raise PrerequisiteError(
            "no remote is named: give --remote URL, such as s3://BUCKET/FOLDER, or set "
            "WINNOW_REMOTE"
        )
    return replace(
        found,
        endpoint_url=endpoint_url or found.endpoint_url,
        anonymous=anonymous or found.anonymous,
        credentials={} if anonymous else found.credentials,
    )


def _short(folder: Path) -> str:
    """Return a folder as one would type it from here."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
