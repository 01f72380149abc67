from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gate.verdict import Outcome, Verdict
from eval.ledger.ledger import Link
from eval.receipts.chain import receipt_name, signature_name, verdict_name
from eval.receipts.check import check_receipts, grounds_faults
from eval.receipts.receipt import Receipt, canonical_json, sha256
from eval.receipts.signature import SigningKey, fingerprint
from tests.fakes import MemoryLedger
from tests.support.gates import make_record, make_scorecard
from tests.support.promotions import attached, receipt_verdict, verdict_of
from tests.support.receipts import a_receipt, made_key


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return made_key(tmp_path_factory.mktemp("keys"))


def add(ledger: MemoryLedger, to: str, key: SigningKey | None = None, **changes: Any) -> Receipt:
    """Append a receipt with all its files after the last one, whatever is wrong with it."""
    links = ledger.chain()
    verdict = verdict_of(to, links[-1].version if links else None)
    fields: dict[str, Any] = {
        "number": len(links) + 1,
        "previous": links[-1].receipt if links else None,
        "from": links[-1].version if links else None,
        "verdict": receipt_verdict(verdict),
        "signer": key.public if key else None,
    }
    receipt = a_receipt(to, **{**fields, **changes})
    last = links[-1].receipt if links else None
    ledger.append(Link(receipt.hash, to), last, attached(receipt, verdict, key))
    return receipt


def faults(ledger: MemoryLedger, trusted: frozenset[str] | None = None) -> str:
    return "\n".join(check_receipts(ledger, trusted)[1].faults)


def signed_chain(key: SigningKey) -> tuple[MemoryLedger, list[Receipt]]:
    ledger = MemoryLedger()
    receipts = [add(ledger, version, key) for version in ("A", "B")]
    back = {"kind": "rollback", "grounds": "rollback", "verdict": None}
    return ledger, [*receipts, add(ledger, "A", key, **back)]


def test_a_whole_chain_is_counted(key: SigningKey) -> None:
    ledger, receipts = signed_chain(key)
    assert check_receipts(ledger, None)[0] == receipts
    checked = check_receipts(ledger, frozenset({key.public}))[1]
    signer = fingerprint(key.public)
    assert checked.said == ("3 receipts", f"3 signed by {signer}", "2 Verdicts")
    assert checked.faults == ()


def test_an_empty_chain_has_no_fault(key: SigningKey) -> None:
    assert check_receipts(MemoryLedger(), frozenset({key.public}))[1].faults == ()


FILES: dict[str, Callable[[Receipt], str]] = {
    "receipt": lambda each: receipt_name(each.hash),
    "signature": lambda each: signature_name(each.hash),
    "verdict": lambda each: verdict_name(each.verdict.hash if each.verdict else ""),
}


@given(data=st.data())
def test_any_changed_byte_of_any_file_is_found(key: SigningKey, data: st.DataObject) -> None:
    ledger, receipts = signed_chain(key)
    name = data.draw(st.sampled_from(ledger.attachments()))
    content = ledger.attachment(name)
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != content[at]))
    ledger.attach({name: content[:at] + bytes([byte]) + content[at + 1 :]})
    owner = next(each for each in receipts if name in {named(each) for named in FILES.values()})
    assert owner.hash in faults(ledger)


@pytest.mark.parametrize("kind", FILES)
def test_any_missing_file_is_found(key: SigningKey, kind: str) -> None:
    ledger, receipts = signed_chain(key)
    bare = MemoryLedger()
    name = FILES[kind](receipts[1])
    bare.attach({each: ledger.attachment(each) for each in ledger.attachments() if each != name})
    for link, before in zip(ledger.chain(), [None, *ledger.chain()], strict=False):
        bare.append(link, before.receipt if before else None, {})
    found = faults(bare)
    assert receipts[1].hash in found
    assert "missing" in found or "holds no file" in found


def test_swapped_receipts_are_found() -> None:
    ledger = MemoryLedger()
    receipts = [add(ledger, version) for version in ("A", "B", "C")]
    swapped = MemoryLedger()
    swapped.attach({name: ledger.attachment(name) for name in ledger.attachments()})
    before = None
    for each in (receipts[0], receipts[2], receipts[1]):
        swapped.append(Link(each.hash, each.to), before, {})
        before = each.hash
    found = faults(swapped)
    assert f"{receipts[2].hash} at place 2 says `number` 3" in found
    assert f"{receipts[1].hash} at place 3 says `previous`" in found


def test_a_rollback_to_what_never_was_is_found() -> None:
    ledger = MemoryLedger()
    add(ledger, "A")
    add(ledger, "Z", kind="rollback", grounds="rollback", verdict=None)
    assert "rolls back to Z" in faults(ledger)


def test_a_lost_end_is_found_where_the_alias_knows_of_it(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    receipts = [add(ledger, version) for version in ("A", "B")]
    shorter = MemoryLedger()
    shorter.attach({name: ledger.attachment(name) for name in ledger.attachments()})
    shorter.append(Link(receipts[0].hash, "A"), None, {})
    assert "1 receipt beside the chain that no link names" in check_receipts(shorter, None)[1].said
    assert faults(shorter) == ""
    shorter.record(make_record(tmp_path, make_scorecard("B")))
    shorter.point("champion", "B")
    assert f"the receipt {receipts[1].hash}" in faults(shorter)
    assert "the chain lost its end" in faults(shorter)


def test_grounds_that_the_verdict_does_not_show_are_found() -> None:
    ledger = MemoryLedger()
    add(ledger, "A")
    receipt = add(ledger, "B", verdict=receipt_verdict(verdict_of("B", "Y")))
    assert f"the receipt {receipt.hash} replaces A on a Verdict against Y" in faults(ledger)


def test_trusted_keys_ask_for_signatures_from_the_first_one_on(
    key: SigningKey, tmp_path: Path
) -> None:
    trusted = frozenset({key.public})
    ledger = MemoryLedger()
    plain = add(ledger, "A")
    assert f"{plain.hash} is not signed by any of the trusted keys" in faults(ledger, trusted)
    add(ledger, "B", key)
    assert faults(ledger, trusted) == ""
    stranger = made_key(tmp_path)
    other = add(ledger, "C", stranger)
    assert f"{other.hash} is signed by {fingerprint(stranger.public)}" in faults(ledger, trusted)
    assert faults(ledger) == ""
    assert faults(ledger, frozenset({key.public, stranger.public})) == ""
    later = add(ledger, "D")
    assert f"{later.hash} is not signed" in faults(ledger, trusted)


def test_a_chain_made_anew_is_not_signed_by_who_is_trusted(key: SigningKey, tmp_path: Path) -> None:
    forged, _ = signed_chain(made_key(tmp_path))
    assert faults(forged) == ""
    assert faults(forged, frozenset({key.public})).count("none of the trusted keys") == 3


BEFORE = a_receipt("A")


def judged(outcome: Outcome = "pass", against: str | None = "A") -> Verdict:
    return replace(verdict_of("B", against), outcome=outcome)


def receipt_grounds_faults(verdict: Verdict | None, **changes: Any) -> str:
    """Return the faults of a promotion of B in the place of A on that Verdict and its file."""
    said = receipt_verdict(verdict) if verdict else None
    receipt = a_receipt("B", BEFORE, **{"verdict": said, **changes})
    content = canonical_json(asdict(verdict)) if verdict else None
    return "\n".join(grounds_faults(receipt, content))


@pytest.mark.parametrize(
    ("outcome", "changes"),
    [
        ("pass", {}),
        ("inconclusive", {"grounds": "reviewed", "reason": "looked at all ten"}),
        ("pass", {"grounds": "override", "reason": "it is Friday"}),
        ("fail", {"grounds": "override", "reason": "it is Friday"}),
    ],
)
def test_grounds_that_hold(outcome: Outcome, changes: dict[str, Any]) -> None:
    assert receipt_grounds_faults(judged(outcome), **changes) == ""


@pytest.mark.parametrize(
    ("verdict", "changes", "said"),
    [
        (judged(), {"grounds": "rollback"}, "is a promotion on the grounds 'rollback'"),
        (None, {"kind": "rollback"}, "is a rollback on the grounds 'passed'"),
        (None, {}, "says 'passed' without a Verdict"),
        (None, {"grounds": "override"}, "gives no reason, which 'override' needs"),
        (judged("inconclusive"), {}, "says 'passed' on a Verdict of 'inconclusive'"),
        (judged("fail"), {"grounds": "reviewed", "reason": "x"}, "on a Verdict of 'fail'"),
        (judged(against="Y"), {}, "replaces A on a Verdict against Y"),
    ],
)
def test_grounds_that_do_not_hold_are_said(
    verdict: Verdict | None, changes: dict[str, Any], said: str
) -> None:
    assert said in receipt_grounds_faults(verdict, **changes)


def with_file(content: bytes) -> tuple[Receipt, bytes]:
    """Return a receipt that names this file as its Verdict's, and the file."""
    said = receipt_verdict(judged()).model_copy(update={"hash": sha256(content)})
    return a_receipt("B", BEFORE, verdict=said), content


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("outcome", "fail"),
        ("candidate", "Z"),
        ("baseline", "Z"),
        ("findings", []),
        ("notes", ["n"]),
    ],
)
def test_a_file_that_says_something_else_is_named_by_its_field(field: str, value: object) -> None:
    receipt, content = with_file(canonical_json({**asdict(judged()), field: value}))
    [fault] = grounds_faults(receipt, content)
    assert f"says another `{field}` than the receipt" in fault


def test_a_file_that_is_changed_missing_or_no_verdict() -> None:
    receipt, _ = with_file(b"[1]")
    assert "is no Verdict" in grounds_faults(receipt, b"[1]")[0]
    assert "was changed" in grounds_faults(receipt, b"[2]")[0]
    assert "is missing" in grounds_faults(receipt, None)[0]
