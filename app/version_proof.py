"""Version proof: the files of a former champion, each as its receipt says, and fit to be served."""

from collections.abc import Mapping
from pathlib import Path

from app.remote_folder import folder_files
from app.workspace import Workspace
from eval.receipt import Receipt
from pipeline.digest import hash_file
from pipeline.errors import VersionError


def proven_files(place: Workspace, receipt: Receipt) -> Mapping[str, Path]:
    """Return the files of the Version that a receipt made champion, fetched if need be.

    Raises:
        VersionError: they are absent, are not those of the receipt, or make no Version.
        ArtifactError: a file is broken.
    """
    from pipeline.version import open_version

    files = folder_files(place, receipt.to)
    found = {name: hash_file(path) for name, path in files.items()}
    changed = sorted(
        name
        for name in found.keys() | receipt.files.keys()
        if found.get(name) != receipt.files.get(name)
    )
    if changed:
        raise VersionError(
            f"{receipt.to} is not what was promoted: {changed[0]} has another SHA-256 than the "
            f"receipt {receipt.hash[:12]} says; remove it from DVC's cache, and fetch it from a "
            "remote that you trust"
        )
    open_version(files, receipt.to)
    return files
