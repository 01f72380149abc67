"""What every Ledger promises of its chain, its attachments and its aliases."""

from pathlib import Path

import pytest

from eval.ledger.ledger import Ledger, Link
from eval.ledger.mlflow_ledger import MlflowLedger
from pipeline.errors import ConflictError, LedgerError, ReceiptError
from tests.fakes import MemoryLedger
from tests.support.gates import ONE, TWO, make_record, make_scorecard
from tests.support.receipts import a_receipt, append

FIRST = a_receipt(ONE)
SECOND = a_receipt(TWO, FIRST)


@pytest.fixture(params=["memory", "MLflow"])
def any_ledger(request: pytest.FixtureRequest, ledger: MlflowLedger) -> Ledger:
    return MemoryLedger() if request.param == "memory" else ledger


def test_an_empty_chain_has_no_champion(any_ledger: Ledger) -> None:
    assert any_ledger.chain() == ()
    assert any_ledger.champion() is None
    assert any_ledger.attachments() == ()
    assert any_ledger.aliases() == {}


def test_the_last_link_names_the_champion(any_ledger: Ledger) -> None:
    append(any_ledger, FIRST)
    assert any_ledger.champion() == ONE
    append(any_ledger, SECOND)
    assert any_ledger.champion() == TWO
    assert any_ledger.chain() == (Link(FIRST.hash, ONE), Link(SECOND.hash, TWO))
    assert any_ledger.attachment(f"receipts/{SECOND.hash}.json") == SECOND.content


def test_the_same_link_again_is_no_fault_even_when_others_follow(any_ledger: Ledger) -> None:
    append(any_ledger, FIRST)
    append(any_ledger, FIRST)
    append(any_ledger, SECOND)
    append(any_ledger, FIRST)
    append(any_ledger, SECOND)
    assert [link.receipt for link in any_ledger.chain()] == [FIRST.hash, SECOND.hash]


def test_a_place_that_is_taken_is_a_conflict_with_the_way_on(any_ledger: Ledger) -> None:
    append(any_ledger, FIRST)
    with pytest.raises(ConflictError, match="winnow gate"):
        append(any_ledger, a_receipt(TWO))
    append(any_ledger, SECOND)
    with pytest.raises(ConflictError) as caught:
        append(any_ledger, a_receipt(ONE, FIRST, who="Grace"))
    assert str(caught.value) == (
        f"somebody was first: {TWO} became champion meanwhile (receipt {SECOND.hash[:12]}), so "
        f"{ONE} did not; judge it against that champion with `winnow gate {ONE}`, then run "
        f"`winnow promote {ONE}` again"
    )
    assert any_ledger.champion() == TWO


def test_a_link_after_an_unknown_receipt_would_be_lost(any_ledger: Ledger) -> None:
    append(any_ledger, FIRST)
    with pytest.raises(LedgerError, match="which is not in the chain") as caught:
        append(any_ledger, a_receipt(TWO, SECOND))
    assert not isinstance(caught.value, ConflictError)
    assert len(any_ledger.chain()) == 1


def test_files_stand_beside_the_chain_whether_a_link_names_them_or_not(any_ledger: Ledger) -> None:
    files = {"receipts/x.json": b"\x00\xff", "receipts/x.sig": b"", "verdicts/y.json": b"{}"}
    any_ledger.attach(files)
    any_ledger.attach({"verdicts/y.json": b"{ }"})
    assert any_ledger.attachments() == tuple(sorted(files))
    assert any_ledger.attachment("receipts/x.json") == b"\x00\xff"
    assert any_ledger.attachment("receipts/x.sig") == b""
    assert any_ledger.attachment("verdicts/y.json") == b"{ }"
    assert any_ledger.chain() == ()
    append(any_ledger, FIRST)
    assert len(any_ledger.attachments()) == 4


@pytest.mark.parametrize("name", ["receipts/none.json", "receipts", "../../../mlflow.db", "/etc/x"])
def test_a_file_that_is_not_there_is_named(any_ledger: Ledger, name: str) -> None:
    append(any_ledger, FIRST)
    with pytest.raises(ReceiptError, match=rf"holds no file {name}.*winnow doctor --repair"):
        any_ledger.attachment(name)


def test_an_alias_names_one_recorded_version_or_none(any_ledger: Ledger, tmp_path: Path) -> None:
    any_ledger.record(make_record(tmp_path, make_scorecard(ONE)))
    any_ledger.record(make_record(tmp_path, make_scorecard(TWO)))
    any_ledger.point("champion", ONE)
    any_ledger.point("challenger", ONE)
    any_ledger.point("champion", TWO)
    assert any_ledger.aliases() == {"champion": TWO, "challenger": ONE}
    any_ledger.point("challenger", None)
    any_ledger.point("challenger", None)
    assert any_ledger.aliases() == {"champion": TWO}
    assert any_ledger.champion() is None


def test_an_alias_cannot_name_what_nobody_recorded(any_ledger: Ledger) -> None:
    any_ledger.point("champion", None)
    with pytest.raises(LedgerError, match=f"no Scorecard of {ONE} is recorded.*winnow run"):
        any_ledger.point("champion", ONE)
    assert any_ledger.aliases() == {}
