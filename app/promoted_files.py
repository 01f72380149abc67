"""Promoted files: the files of promoted Versions, in DVC's cache and at the remote."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from app.version_objects import cached_object, version_objects
from app.workspace import Workspace
from eval.receipt import Receipt
from eval.receipt_check import Checked
from pipeline.digest import hash_file
from pipeline.errors import VersionError

if TYPE_CHECKING:
    from app.dvc_remote import DvcRemote


def check_files(place: Workspace, receipts: Sequence[Receipt]) -> Checked:
    """Check the SHA-256 of every file of a promoted Version that DVC's cache holds.

    Each file is read once, with progress on a terminal; what the cache lacks is counted.
    """
    faults = [*_contradictions(receipts)]
    wanted = {receipt.to: receipt.files for receipt in receipts}
    absent: list[str] = []
    found: list[tuple[str, str, Path]] = []
    for version, files in wanted.items():
        listed = _listed(place, version)
        if listed is None:
            absent.append(version)
        elif listed.keys() != files.keys():
            names = ", ".join(sorted(listed.keys() ^ files.keys()))
            faults.append(f"{version}: its receipt and its listing in the cache differ in {names}")
        else:
            found += [(version, name, listed[name]) for name in sorted(files)]
    there = [each for each in found if each[2].is_file()]
    size = sum(path.stat().st_size for *_, path in there)
    with tqdm(total=size, unit="B", unit_scale=True, desc="reading", disable=None) as progress:
        digests: dict[Path, str] = {}
        for version, name, path in there:
            if path not in digests:
                digests[path] = hash_file(path)
            progress.update(path.stat().st_size)
            if digests[path] != wanted[version][name]:
                faults.append(
                    f"{version}: {name} has the SHA-256 {digests[path]}, its receipt says "
                    f"{wanted[version][name]}; remove {path} and run `winnow doctor --repair`"
                )
    said = [f"{_files(len(there))} of {_versions(len({version for version, *_ in there}))}"]
    if absent:
        said.append(f"{_versions(len(absent))} not in DVC's cache")
    if lacking := len(found) - len(there):
        said.append(f"{_files(lacking)} not in DVC's cache")
    return Checked(tuple(said), tuple(faults))


def check_uploads(place: Workspace, receipts: Sequence[Receipt], remote: "DvcRemote") -> Checked:
    """Check by listing that the remote holds what the receipts say was uploaded, in full size.

    Raises:
        RemoteError: the remote cannot be reached.
    """
    versions = dict.fromkeys(receipt.to for receipt in receipts if receipt.remote is not None)
    faults = []
    count = 0
    for version in versions:
        try:
            digests = version_objects(place, version, remote).digests
        except VersionError as error:
            faults.append(str(error))
            continue
        count += len(digests)
        if missing := remote.missing(digests):
            faults.append(
                f"{remote.url} lacks {len(missing)} objects of {version}, or they are cut short, "
                f"{missing[0]} for one; upload them with `winnow doctor --repair`"
            )
    return Checked((f"{count} objects of {_versions(len(versions))} at the remote",), tuple(faults))


def _contradictions(receipts: Sequence[Receipt]) -> Iterator[str]:
    """Say where two receipts of one Version disagree about its files."""
    said: dict[str, Mapping[str, str]] = {}
    for receipt in receipts:
        if said.setdefault(receipt.to, receipt.files) != receipt.files:
            yield f"the receipt {receipt.hash} says other files of {receipt.to} than one before"


def _listed(place: Workspace, version: str) -> dict[str, Path] | None:
    """Map a Version's files to where the cache holds them; None if it lacks a sound listing."""
    listing = cached_object(place, version)
    if not listing.is_file() or hash_file(listing, "md5") != version.removesuffix(".dir"):
        return None
    rows = json.loads(listing.read_text(encoding="utf-8"))
    return {str(row["relpath"]): cached_object(place, str(row["md5"])) for row in rows}


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _versions(count: int) -> str:
    return "1 Version" if count == 1 else f"{count} Versions"
