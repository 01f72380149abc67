from pathlib import Path

from app.signed_receipt import sign_receipt
from eval.receipt import JudgedBy, parse_receipt, sha256
from eval.receipt_chain import attached_names
from eval.receipt_signature import check_signature
from tests.made_key import made_key
from tests.made_receipt import a_receipt
from tests.scorecard_folder import ONE

VERDICT = b'{"outcome":"pass"}'


def judged() -> JudgedBy:
    return JudgedBy(outcome="pass", baseline=None, findings=(), notes=(), hash=sha256(VERDICT))


def test_all_that_a_receipt_names_is_attached(tmp_path: Path) -> None:
    key = made_key(tmp_path)
    signed = sign_receipt(a_receipt(ONE, verdict=judged()), key, VERDICT)
    receipt = signed.receipt
    assert receipt.signer == key.public
    assert list(signed.attachments) == attached_names(receipt)
    content, signature, verdict = signed.attachments.values()
    assert parse_receipt(content, receipt.hash) == receipt
    check_signature(receipt, content, signature, frozenset({key.public}))
    assert sha256(verdict) == judged().hash


def test_without_a_key_it_is_not_signed() -> None:
    signed = sign_receipt(a_receipt(ONE), None)
    assert signed.receipt == a_receipt(ONE)
    assert list(signed.attachments) == attached_names(signed.receipt)
