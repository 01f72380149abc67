"""Configured remote: one of DVC's remotes as an address, read without opening its repository."""

from typing import TYPE_CHECKING, Any

from app.workspace import Workspace
from pipeline.errors import PrerequisiteError
from pipeline.remote_address import RemoteAddress

if TYPE_CHECKING:
    from dvc.config import Config

_S3_CREDENTIALS = {
    "access_key_id": "key",
    "secret_access_key": "secret",
    "session_token": "token",
    "profile": "profile",
}
_S3_CLIENT = {"region": "region_name", "ssl_verify": "verify"}


def configured_remote(place: Workspace) -> RemoteAddress:
    """Return the default remote of a workspace, with what `.dvc/config.local` says of it.

    Raises:
        PrerequisiteError: none is configured.
    """
    config = _configuration(place)
    name = config["core"].get("remote")
    section = config["remote"].get(name) if name else None
    if section is None:
        raise PrerequisiteError(
            "no default remote is configured; give --remote URL, set WINNOW_REMOTE, or run "
            "`dvc remote add --default NAME URL`"
        )
    return _address(section)


def remote_called(place: Workspace, named: str) -> RemoteAddress | None:
    """Return the remote of a workspace that has this name or this address; None if none has.

    Raises:
        PrerequisiteError: DVC's configuration cannot be read.
    """
    remotes = _configuration(place)["remote"]
    wanted = named.rstrip("/")
    for name, section in remotes.items():
        if wanted in (name, str(section.get("url", "")).rstrip("/")):
            return _address(section)
    return None


def _configuration(place: Workspace) -> "Config":
    from dvc.config import Config, ConfigError

    try:
        return Config(dvc_dir=str(place.root / ".dvc"))
    except ConfigError as error:
        reason = " ".join(str(error).split())[:200]
        raise PrerequisiteError(
            f"DVC's configuration in {place.root / '.dvc'} cannot be read ({reason}); mend it, or "
            "give --remote URL in a folder that is no workspace"
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
