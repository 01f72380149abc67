"""Receipt check: every receipt of the chain against its hash, place, grounds and signature."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from eval.ledger.ledger import CHAMPION, Ledger, Link
from eval.receipts.chain import (
    champion_stack,
    place_faults,
    read_receipt,
    receipt_name,
    signature_name,
    verdict_name,
)
from eval.receipts.receipt import Receipt, parse_receipt, sha256
from eval.receipts.signature import check_signature, fingerprint
from pipeline.errors import ReceiptError, counted


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at, with counts, and a line for each fault that was found."""

    said: tuple[str, ...]
    faults: tuple[str, ...]

    def __add__(self, other: "Checked") -> "Checked":
        return Checked(self.said + other.said, self.faults + other.faults)


def check_receipts(ledger: Ledger, trusted: frozenset[str] | None) -> tuple[list[Receipt], Checked]:
    """Return the receipts that can be read, oldest first, and what is wrong with the chain.

    With trusted keys, each receipt from the first signed one on must be signed by one of them, and
    the last one must be: a signature covers the hash of all that came before, so that a project
    may begin to sign, and a chain that lost all that was signed is found out.

    Raises:
        LedgerError: the ledger cannot be reached.
    """
    # The alias is read before the chain: it may lag behind, and a promotion meanwhile is no fault.
    alias = ledger.aliases().get(CHAMPION)
    links = ledger.chain()
    receipts: list[Receipt] = []
    faults: list[str] = []
    for at, link in enumerate(tqdm(links, "receipts", leave=False, disable=None)):
        try:
            receipt = read_receipt(ledger, link)
        except ReceiptError as error:
            faults.append(str(error))
            continue
        receipts.append(receipt)
        faults += place_faults(receipt, links, at)
        verdict = _attached(ledger, verdict_name(receipt.verdict.hash)) if receipt.verdict else None
        faults += grounds_faults(receipt, verdict)
    if len(receipts) == len(links):
        try:
            champion_stack(receipts)
        except ReceiptError as error:
            faults.append(str(error))
    faults += _signature_faults(ledger, receipts, trusted)
    unlinked = list(_unlinked(ledger, links))
    faults += _end_faults(alias, links, unlinked)
    said = [*_said(links, receipts)]
    if unlinked:
        said.append(f"{counted(len(unlinked), 'receipt')} beside the chain that no link names")
    return receipts, Checked(tuple(said), tuple(faults))


def _attached(ledger: Ledger, name: str) -> bytes | None:
    try:
        return ledger.attachment(name)
    except ReceiptError:
        return None


def grounds_faults(receipt: Receipt, verdict: bytes | None) -> list[str]:
    """Say where a receipt's grounds are not what its Verdict shows; `verdict` is its file.

    `passed` needs a Verdict that passed against the champion of that moment, which for a first
    release is none; `reviewed` one that did not fail, and a reason; `override` a reason; a rollback
    needs nothing, as its Version was champion before.
    """
    name = f"the receipt {receipt.hash}"
    faults = [f"{name} {fault}" for fault in _own_faults(receipt)]
    if receipt.verdict is None:
        return faults
    file = f"the file of its Verdict {receipt.verdict.hash}"
    if verdict is None:
        return [*faults, f"{name}: {file} is missing"]
    if (found := sha256(verdict)) != receipt.verdict.hash:
        return [*faults, f"{name}: {file} was changed, as it has the SHA-256 {found}"]
    return [*faults, *(f"{name}: {file} {fault}" for fault in _file_faults(receipt, verdict))]


def _own_faults(receipt: Receipt) -> list[str]:
    """Say what is wrong with a receipt's grounds by the receipt alone."""
    if (receipt.kind == "rollback") != (receipt.grounds == "rollback"):
        return [f"is a {receipt.kind} on the grounds {receipt.grounds!r}"]
    if receipt.grounds in ("reviewed", "override") and not (receipt.reason or "").strip():
        return [f"gives no reason, which {receipt.grounds!r} needs"]
    if receipt.grounds not in ("passed", "reviewed"):
        return []
    verdict = receipt.verdict
    if verdict is None:
        return [f"says {receipt.grounds!r} without a Verdict"]
    faults = []
    allowed = ("pass",) if receipt.grounds == "passed" else ("pass", "inconclusive")
    if verdict.outcome not in allowed:
        faults.append(f"says {receipt.grounds!r} on a Verdict of {verdict.outcome!r}")
    if verdict.baseline != receipt.from_:
        faults.append(
            f"replaces {receipt.from_ or 'nothing'} on a Verdict against "
            f"{verdict.baseline or 'nothing'}"
        )
    return faults


def _file_faults(receipt: Receipt, content: bytes) -> list[str]:
    """Say in which fields the file of the Verdict and the receipt disagree."""
    assert receipt.verdict is not None
    try:
        whole: Any = json.loads(content)
    except ValueError:
        whole = None
    if not isinstance(whole, dict):
        return ["is no Verdict"]
    said = receipt.verdict.model_dump(mode="json", exclude={"hash"})
    expected = {**said, "candidate": receipt.to}
    return [
        f"says another `{field}` than the receipt"
        for field, value in expected.items()
        if field not in whole or whole[field] != value
    ]


def _signature_faults(
    ledger: Ledger, receipts: Sequence[Receipt], trusted: frozenset[str] | None
) -> Iterator[str]:
    signed = [at for at, receipt in enumerate(receipts) if receipt.signer is not None]
    first = min([*signed, len(receipts) - 1])
    for at, receipt in enumerate(tqdm(receipts, "signatures", leave=False, disable=None)):
        try:
            signature = _attached(ledger, signature_name(receipt.hash))
            asked = trusted if at >= first else None
            check_signature(receipt, signature, asked)
        except ReceiptError as error:
            yield str(error)


def _unlinked(ledger: Ledger, links: Sequence[Link]) -> Iterator[Receipt]:
    """Yield each readable receipt that lies beside the chain and that no link names.

    Promotions leave them that lost against another one, or that ended before their link.
    """
    linked = {receipt_name(link.receipt) for link in links}
    for name in ledger.attachments():
        digest = name.removeprefix("receipts/").removesuffix(".json")
        if name != receipt_name(digest) or name in linked:
            continue
        try:
            yield parse_receipt(ledger.attachment(name), digest)
        except ReceiptError:
            continue


def _end_faults(alias: str | None, links: Sequence[Link], unlinked: Sequence[Receipt]) -> list[str]:
    """Say so if the alias knows of a later receipt than the chain: it follows, and never leads."""
    last = links[-1] if links else None
    if not alias or (last is not None and last.version == alias):
        return []
    return [
        f"the chain ends with {last.receipt if last else 'nothing'}, and yet the alias `champion` "
        f"names {alias}, as the receipt {receipt.hash} does that no link names: the chain lost its "
        "end, or somebody set the alias; restore the ledger from a backup, or run `winnow doctor`"
        for receipt in unlinked
        if receipt.previous == (last.receipt if last else None) and receipt.to == alias
    ]


def _said(links: Sequence[Link], receipts: Sequence[Receipt]) -> Iterator[str]:
    yield counted(len(links), "receipt")
    signers = Counter(receipt.signer for receipt in receipts if receipt.signer is not None)
    for signer, count in signers.items():
        yield f"{count} signed by {fingerprint(signer)}"
    if unsigned := len(receipts) - signers.total():
        yield f"{unsigned} not signed"
    yield counted(sum(receipt.verdict is not None for receipt in receipts), "Verdict")
