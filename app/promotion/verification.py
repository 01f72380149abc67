"""Receipt copy: each file of the chain as the ledger and as the remote hold it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from app.storage.version_objects import cached_object, version_objects
from app.workspace.workspace import Workspace
from eval.ledger.ledger import Ledger
from eval.receipts.chain import receipt_name, signature_name, verdict_name
from eval.receipts.check import Checked
from eval.receipts.receipt import Receipt, parse_receipt, sha256
from eval.receipts.signature import check_signature
from pipeline.errors import ReceiptError, VersionError
from pipeline.files import hash_file

if TYPE_CHECKING:
    from app.storage.remote import DvcRemote


@dataclass(frozen=True, slots=True)
class ReceiptCopy:
    """A file of the chain at both places; None where it is missing.

    `right` is the content that the chain asks for, verified by its hash or signature; None if
    neither place holds it. `promised` is whether the receipt says that it was uploaded.
    """

    name: str
    here: bytes | None
    there: bytes | None
    right: bytes | None
    promised: bool = True


def receipt_copies(ledger: Ledger, remote: "DvcRemote | None") -> Iterator[ReceiptCopy]:
    """Yield each file that the chain asks for, a receipt before its signature and Verdict.

    Raises:
        LedgerError: the ledger cannot be reached.
        RemoteError: the remote cannot be reached.
    """
    for link in ledger.chain():
        is_receipt = partial(_is_receipt, link.receipt)
        copy = _copy(ledger, remote, receipt_name(link.receipt), is_receipt)
        if copy.right is None:
            yield copy
            continue
        receipt = parse_receipt(copy.right, link.receipt)
        yield from (
            replace(each, promised=receipt.remote is not None)
            for each in (copy, *_belonging(ledger, remote, receipt))
        )


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


def check_copies(ledger: Ledger, remote: "DvcRemote") -> Checked:
    """Check that the remote's copies are the ledger's bytes, and that it knows no other receipt.

    Receipts of what was promoted without an upload need no copy there.

    Raises:
        LedgerError: the ledger cannot be reached.
        RemoteError: the remote cannot be reached, or not be listed.
    """
    count = 0
    faults = []
    for copy in receipt_copies(ledger, remote):
        count += copy.there is not None
        if copy.there is None and copy.promised:
            faults.append(
                f"{remote.url} holds no {copy.name}; copy it with `winnow doctor --repair`"
            )
        elif copy.there is not None and copy.there != copy.right:
            faults.append(
                f"{remote.url} holds another {copy.name} than the chain asks for; write it again "
                "with `winnow doctor --repair`"
            )
    faults += unknown_receipts(ledger, remote)
    return Checked((f"{count} copies at {remote.url}",), tuple(faults))


def _belonging(
    ledger: Ledger, remote: "DvcRemote | None", receipt: Receipt
) -> Iterator[ReceiptCopy]:
    if receipt.signer is not None:
        signs = partial(_signs, receipt)
        yield _copy(ledger, remote, signature_name(receipt.hash), signs)
    if receipt.verdict is not None:
        is_verdict = partial(_has_hash, receipt.verdict.hash)
        yield _copy(ledger, remote, verdict_name(receipt.verdict.hash), is_verdict)


def _copy(
    ledger: Ledger, remote: "DvcRemote | None", name: str, is_right: Callable[[bytes], bool]
) -> ReceiptCopy:
    try:
        here = ledger.attachment(name)
    except ReceiptError:
        here = None
    there = remote.read(name) if remote is not None else None
    right = (each for each in (here, there) if each is not None and is_right(each))
    return ReceiptCopy(name, here, there, next(right, None))


def _is_receipt(digest: str, content: bytes) -> bool:
    try:
        parse_receipt(content, digest)
    except ReceiptError:
        return False
    return True


def _signs(receipt: Receipt, signature: bytes) -> bool:
    try:
        check_signature(receipt, receipt.content, signature, None)
    except ReceiptError:
        return False
    return True


def _has_hash(digest: str, content: bytes) -> bool:
    return sha256(content) == digest


if TYPE_CHECKING:
    from app.storage.remote import DvcRemote


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
    said = [f"{_files(len(there))} of {_versions(len({version for version, *_ in there}))}"]
    if absent:
        said.append(f"{_versions(len(absent))} not in DVC's cache")
    if lacking := len(found) - len(there):
        said.append(f"{_files(lacking)} not in DVC's cache")
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
    return Checked((f"{count} objects of {_versions(len(versions))} at the remote",), tuple(faults))


def _contradictions(receipts: Sequence[Receipt]) -> Iterator[str]:
    """Say where two receipts of one Version disagree about its files."""
    said: dict[str, Mapping[str, str]] = {}
    for receipt in receipts:
        if said.setdefault(receipt.to, receipt.files) != receipt.files:
            yield f"the receipt {receipt.hash} says other files of {receipt.to} than one before"


def _listed(workspace: Workspace, version: str) -> dict[str, Path] | None:
    """Map a Version's files to where the cache holds them; None if it lacks a sound listing."""
    listing = cached_object(workspace, version)
    if not listing.is_file() or hash_file(listing, "md5") != version.removesuffix(".dir"):
        return None
    rows = json.loads(listing.read_text(encoding="utf-8"))
    return {str(row["relpath"]): cached_object(workspace, str(row["md5"])) for row in rows}


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _versions(count: int) -> str:
    return "1 Version" if count == 1 else f"{count} Versions"
