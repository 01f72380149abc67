"""Receipt signature: Ed25519 over a receipt's bytes, with keys as `ssh-keygen` writes them."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from eval.receipts.receipt import Receipt
from pipeline.errors import PrerequisiteError, ReceiptError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

KEY_VARIABLE = "WINNOW_SIGNING_KEY"
"""Names the file of the private key that new receipts are signed with."""
TRUSTED_VARIABLE = "WINNOW_TRUSTED_KEYS"
"""Names the file of the public keys whose signatures are trusted."""
_MAKE = "make one with `ssh-keygen -t ed25519 -N '' -f FILE`"
_TYPE = "ssh-ed25519"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key; its representation does not show it."""

    public: str
    """The public key as OpenSSH writes it, without a comment."""
    _private: "Ed25519PrivateKey" = field(repr=False)

    def sign(self, content: bytes) -> bytes:
        """Return the signature of these bytes in base64."""
        return base64.b64encode(self._private.sign(content))


def signing_key(environ: Mapping[str, str]) -> SigningKey | None:
    """Return the key that WINNOW_SIGNING_KEY names, or None where nothing is signed.

    Raises:
        PrerequisiteError: the file is missing, encrypted, or holds no Ed25519 private key.
    """
    named = environ.get(KEY_VARIABLE, "").strip()
    if not named:
        return None
    if "\n" in named or "PRIVATE KEY" in named:
        raise PrerequisiteError(
            f"{KEY_VARIABLE} holds a key where the path of its file must stand; write the key to a "
            "file that only you can read, and name that"
        )
    path = Path(named).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PrerequisiteError(
            f"{KEY_VARIABLE} names {named}, which cannot be read ({error.strerror}); {_MAKE}"
        ) from None
    private = _private_key(content, named)
    return SigningKey(_openssh_text(private.public_key()), private)


def _private_key(content: bytes, named: str) -> "Ed25519PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_ssh_private_key,
    )

    load = load_ssh_private_key if b"OPENSSH" in content else load_pem_private_key
    try:
        key = load(content, None)
    except TypeError:
        raise PrerequisiteError(
            f"the signing key {named} is encrypted; take a copy without a passphrase, made with "
            "`ssh-keygen -p -N ''`, that only you can read"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        # What the parser says could quote the key.
        raise PrerequisiteError(f"{named} is no private key in OpenSSH or PEM; {_MAKE}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise PrerequisiteError(f"the signing key {named} is not an Ed25519 one; {_MAKE}")
    return key


def check_signature(
    receipt: Receipt, signature: bytes | None, trusted: frozenset[str] | None
) -> None:
    """Check that the signer whom a receipt names has signed its bytes, and is trusted.

    Without trusted keys an unsigned receipt is right, and any signer is.

    Raises:
        ReceiptError: the signature is missing, wrong, of a key that is not trusted, or one too
            many.
    """
    name = f"the receipt {receipt.hash}"
    if receipt.signer is None:
        if signature is not None:
            raise ReceiptError(f"{name} names no signer, and yet a signature lies beside it")
        if trusted is not None:
            raise ReceiptError(f"{name} is not signed by any of the trusted keys")
        return
    who = fingerprint(receipt.signer)
    if signature is None:
        raise ReceiptError(f"the signature by {who} of {name} is missing; restore a backup")
    if not _is_right(receipt.signer, receipt.content, signature):
        raise ReceiptError(f"the signature of {name} is not one by {who}; restore a backup")
    if trusted is not None and receipt.signer not in trusted:
        raise ReceiptError(f"{name} is signed by {who}, which is none of the trusted keys")


def _is_right(signer: str, content: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        raw = base64.b64decode(signature, validate=True)
        public = _public_key(signer)
        if _openssh_text(public) != signer:
            return False
        public.verify(raw, content)
    except (ValueError, InvalidSignature):
        return False
    # Base64 leaves bits unused, so that several texts stand for one signature.
    return base64.b64encode(raw) == signature


def fingerprint(public: str) -> str:
    """Return the fingerprint of a public key, as `ssh-keygen -l` shows it."""
    try:
        blob = base64.b64decode(public.split()[1], validate=True)
    except (IndexError, binascii.Error):
        return "an unreadable key"
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def trusted_keys(file: Path | None, environ: Mapping[str, str]) -> frozenset[str] | None:
    """Return the public keys of a file, or of that which WINNOW_TRUSTED_KEYS names; None if none.

    One key stands on a line, as in `authorized_keys`: what stands before `ssh-ed25519` and behind
    the key is left out, as are empty lines and those that begin with `#`.

    Raises:
        PrerequisiteError: the file cannot be read, or a line of it holds no Ed25519 public key.
    """
    named = environ.get(TRUSTED_VARIABLE, "").strip()
    path = file or (Path(named).expanduser() if named else None)
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PrerequisiteError(
            f"the trusted keys {path} cannot be read ({error}); give a file of public keys, one a "
            "line, as `ssh-keygen` writes them into FILE.pub"
        ) from None
    kept = [(number, line.split()) for number, line in enumerate(lines, 1)]
    keys = {
        _trusted(words, f"{path}, line {number}")
        for number, words in kept
        if words and not words[0].startswith("#")
    }
    if not keys:
        raise PrerequisiteError(f"{path} holds no public key: nothing could be trusted")
    return frozenset(keys)


def _trusted(words: list[str], place: str) -> str:
    try:
        at = words.index(_TYPE)
        return _openssh_text(_public_key(" ".join(words[at : at + 2])))
    except ValueError:
        raise PrerequisiteError(
            f"{place} holds no {_TYPE} public key; only Ed25519 keys sign receipts"
        ) from None


def _public_key(text: str) -> "Ed25519PublicKey":
    """Read a public key as OpenSSH writes it; ValueError if it is none, or not Ed25519."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        key = load_ssh_public_key(text.encode())
    except UnsupportedAlgorithm:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("it is no Ed25519 key")
    return key


def _openssh_text(public: "Ed25519PublicKey") -> str:
    """Return a public key as OpenSSH writes it, without a comment."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
