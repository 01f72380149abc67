"""Receipts and signing keys that no promotion made."""

import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from eval.ledger.ledger import Ledger, Link
from eval.receipts.receipt import MeasuredOn, Receipt
from eval.receipts.signature import KEY_VARIABLE, SigningKey, signing_key


def write_key(
    path: Path,
    written: PrivateFormat = PrivateFormat.OpenSSH,
    passphrase: bytes | None = None,
    seed: bytes | None = None,
) -> Path:
    """Write a private key, a new one unless there is a seed of 32 bytes."""
    private = Ed25519PrivateKey.from_private_bytes(seed or os.urandom(32))
    hidden = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    path.write_bytes(private.private_bytes(Encoding.PEM, written, hidden))
    return path


def made_key(folder: Path, name: str = "key") -> SigningKey:
    """Return a new key by way of its file."""
    key = signing_key({KEY_VARIABLE: str(write_key(folder / name))})
    assert key is not None
    return key


MEASURED = MeasuredOn(
    scorecard="a" * 32,
    corpus="b" * 32,
    cases="c" * 32,
    judge="d" * 32,
    engine="e" * 32,
    params="f" * 32,
)


def a_receipt(to: str, after: Receipt | None = None, **changes: Any) -> Receipt:
    """Return a promotion of `to` that follows another receipt, or is the first."""
    fields: dict[str, Any] = {
        "number": after.number + 1 if after else 1,
        "previous": after.hash if after else None,
        "kind": "promotion",
        "grounds": "passed",
        "reason": None,
        "who": "Ada <ada@example.org>",
        "when": "2026-11-21T09:30:00Z",
        "from": after.to if after else None,
        "to": to,
        "verdict": None,
        "measured": MEASURED,
        "revision": "unknown",
        "dirty": "unknown",
        "remote": None,
        "files": {"manifest.json": "0" * 64},
        "outputs": {},
    }
    return Receipt.model_validate({**fields, **changes})


def append(ledger: Ledger, receipt: Receipt) -> Receipt:
    """Append a receipt with its file, as a promotion does."""
    files = {f"receipts/{receipt.hash}.json": receipt.content}
    ledger.append(Link(receipt.hash, receipt.to), receipt.previous, files)
    return receipt
