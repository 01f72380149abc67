"""SignedReceipt: a receipt with the files that the ledger and the remote keep beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from eval.receipt import Receipt
from eval.receipt_chain import receipt_name, signature_name, verdict_name
from eval.receipt_signature import SigningKey


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt as it is appended; `attachments` are its bytes, signature and Verdict by name."""

    receipt: Receipt
    attachments: Mapping[str, bytes]


def sign_receipt(
    receipt: Receipt, key: SigningKey | None, verdict: bytes | None = None
) -> SignedReceipt:
    """Name the signer in a receipt and sign it, where there is a key.

    Args:
        receipt: Without a signer yet.
        key: None leaves it unsigned.
        verdict: The canonical JSON whose hash the receipt names, if it names one.
    """
    signed = receipt if key is None else receipt.model_copy(update={"signer": key.public})
    attachments = {receipt_name(signed.hash): signed.content}
    if key is not None:
        attachments[signature_name(signed.hash)] = key.sign(signed.content)
    if signed.verdict is not None and verdict is not None:
        attachments[verdict_name(signed.verdict.hash)] = verdict
    return SignedReceipt(signed, attachments)
