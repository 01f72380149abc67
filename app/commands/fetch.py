"""`winnow fetch`: a Version from a remote by its id, on a machine that has nothing else of it."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.options import WorkspaceOption
from app.workspace.workspace import Workspace, find_workspace
from pipeline.errors import PrerequisiteError, one_line
from pipeline.versions.remote import RemoteAddress

if TYPE_CHECKING:
    from dvc.config import Config

_S3_CREDENTIALS = {
    "access_key_id": "key",
    "secret_access_key": "secret",
    "session_token": "token",
    "profile": "profile",
}
_S3_CLIENT = {"region": "region_name", "ssl_verify": "verify"}


IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The Version's id, or its start where that is enough.")
]
SourceOption = Annotated[
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
    remote: SourceOption = None,
    to: ToOption = None,
    anonymous: AnonymousOption = False,
    endpoint_url: EndpointOption = None,
    root: WorkspaceOption = None,
) -> None:
    """Bring a Version from a remote by its id, verified, in one folder; needs neither git nor DVC.

    What an earlier call left unfinished is gone on with.
    """
    from pipeline.versions.fetch import fetch_version
    from pipeline.versions.remote import RemoteObjects

    address = remote_address(remote, anonymous, endpoint_url, root, os.environ)
    with RemoteObjects(address) as objects:
        fetched = fetch_version(objects, version_id, to)
    came = f"{fetched.came / 1e6:,.1f} MB came" if fetched.came else "it was there already"
    typer.echo(f"Version {fetched.id} is in {fetched.folder} ({came}, every file verified)")
    typer.echo(f'ask it: winnow ask --folder {shlex.quote(_short(fetched.folder))} "your question"')


def remote_address(
    url: str | None,
    anonymous: bool,
    endpoint_url: str | None,
    root: Path | None,
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
        workspace = find_workspace(root)
    except PrerequisiteError:
        if root is not None:
            raise
        workspace = None
    found = configured_remote(workspace, named) if workspace and named != "" else None
    if found is None and named is not None:
        found = RemoteAddress(named)
    if found is None:
        missing = (
            "no remote is named: give --remote URL, such as s3://BUCKET/FOLDER, or set "
            "WINNOW_REMOTE"
            if workspace is None
            else "no default remote is configured; give --remote URL, set WINNOW_REMOTE, or run "
            "`dvc remote add --default NAME URL`"
        )
        raise PrerequisiteError(missing)
    return replace(
        found,
        endpoint_url=endpoint_url or found.endpoint_url,
        anonymous=anonymous or found.anonymous,
        credentials={} if anonymous else found.credentials,
    )


def configured_remote(workspace: Workspace, named: str | None = None) -> RemoteAddress | None:
    """Return the remote of a workspace that has this name or this address, else the default one.

    What `.dvc/config.local` says of it, such as credentials, comes too. None if there is none.

    Raises:
        PrerequisiteError: DVC's configuration cannot be read.
    """
    config = _configuration(workspace)
    wanted = (named or config["core"].get("remote") or "").rstrip("/")
    for name, section in config["remote"].items():
        if wanted and wanted in (name, str(section.get("url", "")).rstrip("/")):
            return _address(section)
    return None


def _configuration(workspace: Workspace) -> "Config":
    from dvc.config import Config, ConfigError

    try:
        return Config(dvc_dir=str(workspace.root / ".dvc"))
    except ConfigError as error:
        raise PrerequisiteError(
            f"DVC's configuration in {workspace.root / '.dvc'} cannot be read "
            f"({one_line(error, 200)}); mend it, or give --remote URL in a folder that is no "
            "workspace"
        ) from None


def _address(section: dict[str, Any]) -> RemoteAddress:
    url = str(section["url"])
    if not url.startswith("s3://"):
        return RemoteAddress(url)
    credentials = {ours: section[key] for key, ours in _S3_CREDENTIALS.items() if key in section}
    client = {ours: section[key] for key, ours in _S3_CLIENT.items() if key in section}
    if client:
        credentials["client_kwargs"] = client
    return RemoteAddress(
        url,
        endpoint_url=section.get("endpointurl"),
        anonymous=bool(section.get("allow_anonymous_login", False)),
        credentials=credentials,
    )


def _short(folder: Path) -> str:
    """Return a folder as one would type it from here."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)
