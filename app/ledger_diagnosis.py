"""Ledger diagnosis: the aliases, the Scorecards and the files beside the chain."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from app.diagnosis import Diagnosis, Repair, fine, wrong
from app.receipt_copy import ReceiptCopy
from eval.ledger import CHALLENGER, CHAMPION, Ledger
from eval.projection import follow_chain
from eval.receipt import Receipt
from eval.receipt_chain import attached_names, signature_name

if TYPE_CHECKING:
    from app.dvc_remote import DvcRemote


def diagnose_files(ledger: Ledger, copies: Sequence[ReceiptCopy]) -> Iterator[Diagnosis]:
    """Look whether every file that the chain asks for lies beside it, unchanged."""
    part = "files of the chain"
    faulty = [copy for copy in copies if copy.right is None or copy.here != copy.right]
    for copy in faulty:
        state = "is missing" if copy.here is None else "was changed"
        if copy.right is None:
            yield wrong(
                part,
                f"{copy.name} {state}, and no remote holds it either; "
                "restore the ledger from a backup",
            )
            continue
        content = {copy.name: copy.right}
        repair = Repair("copies it from the remote", partial(ledger.attach, content))
        yield wrong(part, f"{copy.name} {state} in the ledger", repair)
    if not faulty:
        yield fine(part, f"{len(copies)} there, none was changed")


def diagnose_champion(ledger: Ledger) -> Diagnosis:
    """Look whether the alias of the champion follows the chain."""
    part = "alias champion"
    champion, alias = ledger.champion(), ledger.aliases().get(CHAMPION)
    if champion == alias:
        return fine(part, f"names {alias}" if alias else "names nothing, nor does the chain")
    if champion is None:
        return wrong(
            part,
            f"names {alias or 'what no Scorecard was recorded of'}, which no receipt made "
            "champion; promote it with `winnow promote`, or let it go",
            Repair("removes the alias", partial(ledger.point, CHAMPION, None)),
        )
    return wrong(
        part,
        f"names {alias or 'nothing'}, the last receipt {champion}",
        Repair("lets it follow the chain", partial(follow_chain, ledger)),
    )


def diagnose_challenger(ledger: Ledger) -> Diagnosis:
    """Look whether the challenger is a known Version other than the champion."""
    part = "alias challenger"
    challenger = ledger.aliases().get(CHALLENGER)
    repair = Repair("removes the alias", partial(ledger.point, CHALLENGER, None))
    if challenger is None:
        return fine(part, "names nothing")
    if challenger == "":
        return wrong(part, "names a model version that Winnow did not record", repair)
    if challenger == ledger.champion():
        return wrong(part, f"names {challenger}, which is the champion already", repair)
    if challenger not in _recorded(ledger):
        return wrong(part, f"names {challenger}, of which no Scorecard is recorded", repair)
    return fine(part, f"names {challenger}")


def diagnose_records(ledger: Ledger, receipts: Sequence[Receipt]) -> Iterator[Diagnosis]:
    """Look whether the ledger holds a Scorecard, and so a model version, of what was promoted."""
    part = "Scorecards"
    promoted = dict.fromkeys(receipt.to for receipt in receipts)
    recorded = _recorded(ledger)
    for version in promoted:
        if version not in recorded:
            yield wrong(
                part,
                f"none of {version} is recorded, which was promoted; run `winnow run` at the "
                "revision that it was built from, or restore the ledger from a backup",
            )
    if promoted.keys() <= recorded:
        yield fine(part, f"one is recorded of each of {len(promoted)} promoted Versions")


def diagnose_leftovers(ledger: Ledger, receipts: Sequence[Receipt]) -> Diagnosis:
    """Count what no link names: harmless, as promotions that lost or were ended leave it."""
    named = {name for receipt in receipts for name in attached_names(receipt)}
    # One that lies beside an unsigned receipt is a fault, which `winnow history --verify` says.
    named |= {signature_name(receipt.hash) for receipt in receipts}
    count = len(set(ledger.attachments()) - named)
    said = f"{count} files that no receipt of the chain names"
    why = ", left by promotions that lost or were ended early: harmless" if count else ""
    return fine("leftovers", said + why)


def diagnose_copies(
    remote: "DvcRemote", copies: Sequence[ReceiptCopy], unknown_ones: Sequence[str]
) -> Iterator[Diagnosis]:
    """Look whether the remote holds a copy of every file of the chain, and of no other chain."""
    part = "receipts at the remote"
    faulty = [copy for copy in copies if copy.right is not None and copy.there != copy.right]
    for copy in faulty:
        assert copy.right is not None
        state = "is missing" if copy.there is None else "was changed"
        repair = Repair("copies it there", partial(remote.write, copy.name, copy.right))
        yield wrong(part, f"{copy.name} {state} at {remote.url}", repair)
    for said in unknown_ones:
        yield wrong(part, said)
    if not faulty and not unknown_ones:
        yield fine(part, f"{len(copies)} files at {remote.url}")


def _recorded(ledger: Ledger) -> set[str]:
    return {record.scorecard.version for record in ledger.records()}
