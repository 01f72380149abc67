"""Receipt: the record of one promotion or rollback, chained to the one before."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from eval.gate.verdict import Finding, Outcome
from pipeline.errors import ReceiptError
from pipeline.params import Frozen

FORMAT: Literal[1] = 1

Kind = Literal["promotion", "rollback"]
Grounds = Literal["passed", "reviewed", "override", "rollback"]
"""Why the Version may be champion: what the Verdict showed, or who took it upon themselves."""


class ReceiptVerdict(Frozen):
    """The Verdict behind a promotion: what was found, and the hash of the whole of it.

    `hash` is the SHA-256 of the canonical JSON of the Verdict with its difference of every Case,
    which is kept beside the receipt as `verdicts/<hash>.json`.
    """

    outcome: Outcome
    baseline: str | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    hash: str


class MeasuredOn(Frozen):
    """Hashes of what the promoted Version was measured on, and with what."""

    scorecard: str
    """The Scorecard's key, by which the ledger knows it."""
    corpus: str
    cases: str
    judge: str
    engine: str
    params: str
    """Of every param that made the Version, its answers and scores."""


class Receipt(Frozen):
    """Who made which Version champion, when, in whose place, and on what grounds.

    `previous` is the hash of the receipt before, None for the first; so a changed receipt breaks
    every later link. `files` maps each file of the Version to its SHA-256: the Version's own id is
    an MD5, which does not resist tampering. `signer` is the OpenSSH text of the Ed25519 public key
    that signed it, None where nobody did.
    """

    model_config = ConfigDict(validate_by_name=True)

    format: Literal[1] = FORMAT
    number: int = Field(ge=1)
    previous: str | None
    kind: Kind
    grounds: Grounds
    reason: str | None
    who: str
    when: str
    """In UTC, as `2026-11-21T09:30:00Z`."""
    from_: str | None = Field(alias="from")
    to: str
    verdict: ReceiptVerdict | None
    measured: MeasuredOn
    revision: str
    """The git revision of the code and params, `unknown` outside git."""
    dirty: str
    remote: str | None
    """Where the Version was uploaded, without credentials; None if it was not."""
    files: Mapping[str, str]
    outputs: Mapping[str, str]
    """Stage to DVC's hash of the folder that it wrote."""
    signer: str | None = None

    @property
    def content(self) -> bytes:
        """The canonical JSON: what is hashed, signed and stored."""
        return canonical_json(self.model_dump(mode="json", by_alias=True))

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON, 64 hex digits."""
        return sha256(self.content)


def canonical_json(value: Any) -> bytes:
    """Return JSON in UTF-8 with sorted keys, no spaces and no NaN: one text for one value."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8")


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def parse_receipt(content: bytes, expected: str) -> Receipt:
    """Read the stored bytes of the receipt whose hash is `expected`.

    Raises:
        ReceiptError: the bytes have another hash, or are no receipt in canonical form.
    """
    found = sha256(content)
    if found != expected:
        raise ReceiptError(
            f"the receipt {expected} was changed: its bytes have the SHA-256 {found}; restore it "
            "with `winnow doctor --repair`, or from a backup of the ledger"
        )
    try:
        receipt = Receipt.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "receipt"
        raise ReceiptError(
            f"the receipt {expected} cannot be read (`{place}`: {first['msg']}); update Winnow if "
            "a newer one wrote it"
        ) from None
    if receipt.content != content:
        raise ReceiptError(f"the receipt {expected} is not in canonical form; restore a backup")
    return receipt
