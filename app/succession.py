"""Succession: a receipt makes its Version champion, and all that follows the chain follows."""

from collections.abc import Callable
from typing import Literal

from app.dvc_remote import DvcRemote
from app.signed_receipt import SignedReceipt
from eval.ledger import CHAMPION, Ledger, Link
from eval.projection import follow_chain
from eval.receipt import parse_receipt
from eval.receipt_chain import attached_names, receipt_name
from pipeline.errors import WinnowError

Step = Literal["recorded", "uploaded", "kept", "appended", "pointed", "copied", "unfinished"]
Told = Callable[[Step, str], None]
"""Is told after each step what was done, in one line."""


class Succession:
    """Takes a ledger, and the remote that has copies of its receipts, None where none has.

    Once the receipt is appended its Version is champion, whatever happens after: what could not
    be done then is told as `unfinished`, and `winnow doctor --repair` does it.
    """

    def __init__(self, ledger: Ledger, remote: DvcRemote | None, told: Told) -> None:
        """Take where receipts go; nothing is written yet."""
        self._ledger = ledger
        self._remote = remote
        self._told = told

    def append(self, signed: SignedReceipt) -> None:
        """Append a receipt with its files, let the aliases follow, and copy it to the remote.

        Raises:
            ConflictError: somebody else's receipt has that place.
            LedgerError: the ledger cannot be reached; nothing was appended.
        """
        receipt = signed.receipt
        link = Link(receipt.hash, receipt.to)
        self._ledger.append(link, receipt.previous, signed.attachments)
        place = f"receipt {receipt.number} ({receipt.hash[:12]})"
        self._told("appended", f"{place} makes {receipt.to} champion")
        try:
            self._follow()
            if self._remote is not None:
                self._copy(self._remote, signed)
        except WinnowError as error:
            self._told(
                "unfinished",
                f"{receipt.to} is champion, but what follows is not done ({error}); complete it "
                "with `winnow doctor --repair`",
            )

    def complete(self, head: Link) -> bool:
        """Do for the last receipt what a process that was ended after it left undone, if anything.

        Raises:
            LedgerError: the ledger cannot be reached, or lacks a file of that receipt.
            RemoteError: the remote cannot be used.
        """
        behind = self._ledger.aliases().get(CHAMPION) != head.version
        if behind:
            self._follow()
        receipt = parse_receipt(self._ledger.attachment(receipt_name(head.receipt)), head.receipt)
        if self._remote is None or receipt.remote is None:
            return behind
        lacking = [name for name in attached_names(receipt) if self._remote.read(name) is None]
        if lacking:
            found = {name: self._ledger.attachment(name) for name in lacking}
            self._copy(self._remote, SignedReceipt(receipt, found))
        return behind or bool(lacking)

    def _follow(self) -> None:
        follow_chain(self._ledger)
        self._told("pointed", "the alias `champion` follows")

    def _copy(self, remote: DvcRemote, signed: SignedReceipt) -> None:
        # The receipt itself comes last: whoever finds it there finds what it names.
        for name in reversed(list(signed.attachments)):
            remote.write(name, signed.attachments[name])
        self._told("copied", f"the receipt is copied to {remote.url}/winnow")
