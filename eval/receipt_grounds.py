"""Receipt grounds: whether the Verdict that lies beside a receipt allows what it says was done."""

import json
from typing import Any

from eval.receipt import Receipt, sha256


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
