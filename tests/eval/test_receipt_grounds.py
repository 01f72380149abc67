"""A receipt may only claim what the Verdict beside it shows."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from eval.receipt import Receipt, canonical_json, sha256
from eval.receipt_grounds import grounds_faults
from eval.verdict import Outcome, Verdict
from tests.made_receipt import a_receipt
from tests.promoted_workspace import judged_by, verdict_of

BEFORE = a_receipt("A")


def judged(outcome: Outcome = "pass", against: str | None = "A") -> Verdict:
    return replace(verdict_of("B", against), outcome=outcome)


def faults(verdict: Verdict | None, **changes: Any) -> str:
    """Return the faults of a promotion of B in the place of A on that Verdict and its file."""
    said = judged_by(verdict) if verdict else None
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
    assert faults(judged(outcome), **changes) == ""


def test_a_first_release_is_judged_against_nothing() -> None:
    verdict = verdict_of("A", None)
    receipt = a_receipt("A", verdict=judged_by(verdict))
    assert grounds_faults(receipt, canonical_json(asdict(verdict))) == []


def test_a_rollback_needs_no_verdict() -> None:
    assert faults(None, kind="rollback", grounds="rollback") == ""


@pytest.mark.parametrize(
    ("verdict", "changes", "said"),
    [
        (judged(), {"grounds": "rollback"}, "is a promotion on the grounds 'rollback'"),
        (None, {"kind": "rollback"}, "is a rollback on the grounds 'passed'"),
        (None, {}, "says 'passed' without a Verdict"),
        (None, {"grounds": "override"}, "gives no reason, which 'override' needs"),
        (judged(), {"grounds": "reviewed", "reason": " "}, "gives no reason"),
        (judged("fail"), {}, "says 'passed' on a Verdict of 'fail'"),
        (judged("inconclusive"), {}, "says 'passed' on a Verdict of 'inconclusive'"),
        (judged("fail"), {"grounds": "reviewed", "reason": "x"}, "on a Verdict of 'fail'"),
        (judged(against="Y"), {}, "replaces A on a Verdict against Y"),
        (judged(against=None), {}, "replaces A on a Verdict against nothing"),
    ],
)
def test_grounds_that_do_not_hold_are_said(
    verdict: Verdict | None, changes: dict[str, Any], said: str
) -> None:
    assert said in faults(verdict, **changes)


def with_file(content: bytes) -> tuple[Receipt, bytes]:
    """Return a receipt that names this file as its Verdict's, and the file."""
    said = judged_by(judged()).model_copy(update={"hash": sha256(content)})
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
