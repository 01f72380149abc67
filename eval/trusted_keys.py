"""Trusted keys: whose signatures of receipts count, listed as `authorized_keys` lists them."""

from collections.abc import Mapping
from pathlib import Path

from eval.receipt_signature import openssh_text
from pipeline.errors import PrerequisiteError

VARIABLE = "WINNOW_TRUSTED_KEYS"
"""Names the file of the public keys whose signatures are trusted."""

_TYPE = "ssh-ed25519"


def trusted_keys(file: Path | None, environ: Mapping[str, str]) -> frozenset[str] | None:
    """Return the public keys of a file, or of that which WINNOW_TRUSTED_KEYS names; None if none.

    One key stands on a line, as in `authorized_keys`: what stands before `ssh-ed25519` and behind
    the key is left out, as are empty lines and those that begin with `#`.

    Raises:
        PrerequisiteError: the file cannot be read, or a line of it holds no Ed25519 public key.
    """
    named = environ.get(VARIABLE, "").strip()
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
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        at = words.index(_TYPE)
        return openssh_text(load_ssh_public_key(" ".join(words[at : at + 2]).encode()))
    except (ValueError, UnsupportedAlgorithm):
        raise PrerequisiteError(
            f"{place} holds no {_TYPE} public key; only Ed25519 keys sign receipts"
        ) from None
