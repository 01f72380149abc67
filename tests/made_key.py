"""Ed25519 keys for tests, as `ssh-keygen` and OpenSSL write them."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from eval.receipt_signature import KEY_VARIABLE, SigningKey, signing_key


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
