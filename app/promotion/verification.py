"""Verification: what the ledger, DVC's cache and the remote hold, against what the receipts say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from app.storage.version_objects import version_objects
from app.workspace.workspace import Workspace
from eval.ledger.ledger import Ledger
from eval.receipts.chain import receipt_name, signature_name, verdict_name
from eval.receipts.check import Checked
from eval.receipts.receipt import Receipt, parse_receipt, sha256
from eval.receipts.signature import check_signature
from pipeline.errors import ReceiptError, VersionError, counted
from pipeline.files import hash_file
from pipeline.versions.store import listed_files, object_path

if TYPE_CHECKING:
    from app.storage.remote import DvcRemote


@dataclass(frozen=True, slots=True)
class ChainFile:
    """A file of the chain in the ledger, and its copy at the remote; None where it is missing.

    `right` is the content that the chain asks for, verified by its hash or signature; None if
    neither holds it. `promised` is whether the receipt says that it was uploaded.
    """

    name: str
    kept: bytes | None
    copied: bytes | None
    right: bytes | None
    promised: bool = True


def chain_files(ledger: Ledger, remote: "DvcRemote | None") -> Iterator[ChainFile]:
    """Yield each file that the chain asks for, a receipt before its signature and Verdict.

    Raises:
        LedgerError: the ledger cannot be reached.
        RemoteError: the remote cannot be reached.
    """
    for link in ledger.chain():
        is_receipt = partial(parse_receipt, expected=link.receipt)
        own = _find(ledger, remote, receipt_name(link.receipt), is_receipt)
        files = [own]
        if own.right is not None:
            receipt = parse_receipt(own.right, link.receipt)
            if receipt.signer is not None:
                signs = partial(check_signature, receipt, trusted=None)
                files.append(_find(ledger, remote, signature_name(receipt.hash), signs))
            if receipt.verdict is not None:
                digest = receipt.verdict.hash
                is_verdict = partial(_check_hash, expected=digest)
                files.append(_find(ledger, remote, verdict_name(digest), is_verdict))
            files = [replace(each, promised=receipt.remote is not None) for each in files]
        yield from files


def _find(
    ledger: Ledger, remote: "DvcRemote | None", name: str, check: Callable[[bytes], object]
) -> ChainFile:
    try:
        kept = ledger.attachment(name)
    except ReceiptError:
        kept = None
    copied = remote.read(name) if remote is not None else None
    for content in (kept, copied):
        try:
            if content is not None:
                check(content)
                return ChainFile(name, kept, copied, content)
        except ReceiptError:
            continue
    return ChainFile(name, kept, copied, None)


def _check_hash(content: bytes, expected: str) -> None:
    if sha256(content) != expected:
        raise ReceiptError(f"the file of the Verdict {expected} was changed")


def check_copies(ledger: Ledger, remote: "DvcRemote") -> Checked:
    """Check that the remote's copies are the ledger's bytes, and that it knows no other receipt.

    Receipts of what was promoted without an upload need no copy there.

    Raises:
        LedgerError: the ledger cannot be reached.
        RemoteError: the remote cannot be reached, or not be listed.
    """
    count = 0
    faults = []
    for file in chain_files(ledger, remote):
        count += file.copied is not None
        if file.copied is None and file.promised:
            faults.append(
                f"{remote.url} holds no {file.name}; copy it with `winnow doctor --repair`"
            )
        elif file.copied is not None and file.copied != file.right:
            faults.append(
                f"{remote.url} holds another {file.name} than the chain asks for; write it again "
                "with `winnow doctor --repair`"
            )
    faults += unknown_receipts(ledger, remote)
    return Checked((f"{count} copies at {remote.url}",), tuple(faults))


def unknown_receipts(ledger: Ledger, remote: "DvcRemote") -> list[str]:
    """Say of each receipt at the remote that the chain does not know whether it would follow it.

    Raises:
        LedgerError: the ledger cannot be reached.
        RemoteError: the remote cannot be reached, or not be listed.
    """
    # The chain is read later than the remote: a promotion meanwhile is no stranger.
    found = remote.names("receipts")
    links = ledger.chain()
    names = {name(link.receipt) for link in links for name in (receipt_name, signature_name)}
    known = {None, *(link.receipt for link in links)}
    said = []
    for name in found:
        if name in names:
            continue
        digest = name.removeprefix("receipts/").removesuffix(".json")
        try:
            receipt = parse_receipt(remote.read(name) or b"", digest)
        except ReceiptError:
            said.append(f"{remote.url} holds {name}, which is no receipt of this chain")
            continue
        lost = "so the chain lost its end" if receipt.previous in known else "of another chain"
        said.append(
            f"{remote.url} holds the receipt {digest} (number {receipt.number}, to {receipt.to}) "
            f"that no link names, {lost}; restore the ledger from a backup, and give each ledger "
            "a remote of its own"
        )
    return said


def check_files(workspace: Workspace, receipts: Sequence[Receipt]) -> Checked:
    """Check the SHA-256 of every file of a promoted Version that DVC's cache holds.

    Each file is read once, with progress on a terminal; what the cache lacks is counted.
    """
    faults = [*_contradictions(receipts)]
    wanted = {receipt.to: receipt.files for receipt in receipts}
    absent: list[str] = []
    found: list[tuple[str, str, Path]] = []
    for version, files in wanted.items():
        listed = _listed(workspace, version)
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
    versions = {version for version, *_ in there}
    said = [f"{counted(len(there), 'file')} of {counted(len(versions), 'Version')}"]
    if absent:
        said.append(f"{counted(len(absent), 'Version')} not in DVC's cache")
    if lacking := len(found) - len(there):
        said.append(f"{counted(lacking, 'file')} not in DVC's cache")
    return Checked(tuple(said), tuple(faults))


def check_uploads(
    workspace: Workspace, receipts: Sequence[Receipt], remote: "DvcRemote"
) -> Checked:
    """Check by listing that the remote holds what the receipts say was uploaded, in full size.

    Raises:
        RemoteError: the remote cannot be reached.
    """
    versions = dict.fromkeys(receipt.to for receipt in receipts if receipt.remote is not None)
    faults = []
    count = 0
    for version in versions:
        try:
            digests = version_objects(workspace, version, remote).digests
        except VersionError as error:
            faults.append(str(error))
            continue
        count += len(digests)
        if missing := remote.missing(digests):
            faults.append(
                f"{remote.url} lacks {len(missing)} objects of {version}, or they are cut short, "
                f"{missing[0]} for one; upload them with `winnow doctor --repair`"
            )
    said = f"{count} objects of {counted(len(versions), 'Version')} at the remote"
    return Checked((said,), tuple(faults))


def _contradictions(receipts: Sequence[Receipt]) -> Iterator[str]:
    """Say where two receipts of one Version disagree about its files."""
    said: dict[str, Mapping[str, str]] = {}
    for receipt in receipts:
        if said.setdefault(receipt.to, receipt.files) != receipt.files:
            yield f"the receipt {receipt.hash} says other files of {receipt.to} than one before"


def _listed(workspace: Workspace, version: str) -> dict[str, Path] | None:
    """Map a Version's files to where the cache holds them; None if it lacks a sound listing."""
    cache = workspace.cache
    listing = object_path(cache, version)
    if not listing.is_file() or hash_file(listing, "md5") != version.removesuffix(".dir"):
        return None
    files = listed_files(listing.read_bytes()) or {}
    return {name: object_path(cache, digest) for name, digest in files.items()}
