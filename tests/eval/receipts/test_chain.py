from pathlib import Path

import pytest

from eval.ledger.ledger import Ledger, Link
from eval.receipts.chain import (
    attached_names,
    challenge,
    follow_chain,
    place_faults,
    read_receipts,
    standing,
)
from eval.receipts.receipt import Receipt
from pipeline.errors import LedgerError, ReceiptError
from tests.fakes import MemoryLedger
from tests.support.gates import ONE, TWO, make_entry, make_scorecard
from tests.support.receipts import a_receipt, append

THREE = f"{'3' * 32}.dir"


def promote(ledger: Ledger, version: str) -> None:
    receipts = read_receipts(ledger)
    append(ledger, a_receipt(version, receipts[-1] if receipts else None))


class Crowded(MemoryLedger):
    """A ledger in which somebody promotes just before an alias is written, each name once."""

    def __init__(self, *others: str) -> None:
        super().__init__()
        self.others = list(others)
        self.written: list[tuple[str, str | None]] = []

    def point(self, alias: str, version: str | None) -> None:
        if self.others:
            promote(self, self.others.pop(0))
        self.written.append((alias, version))
        super().point(alias, version)


@pytest.fixture
def ledger(tmp_path: Path) -> Crowded:
    ledger = Crowded()
    for version in (ONE, TWO, THREE):
        ledger.record(make_entry(tmp_path, make_scorecard(version)))
    return ledger


def test_without_a_receipt_no_alias_is_written(ledger: Crowded) -> None:
    follow_chain(ledger)
    challenge(ledger, ONE)
    assert ledger.aliases() == {}
    assert ledger.written == []


def test_the_alias_follows_the_last_receipt_and_is_written_once(ledger: Crowded) -> None:
    promote(ledger, ONE)
    promote(ledger, TWO)
    follow_chain(ledger)
    follow_chain(ledger)
    assert ledger.aliases() == {"champion": TWO}
    assert ledger.written == [("champion", TWO)]


def test_a_head_that_changes_meanwhile_is_followed_to_its_end(ledger: Crowded) -> None:
    promote(ledger, ONE)
    ledger.others = [TWO, THREE]
    follow_chain(ledger)
    assert ledger.champion() == THREE
    assert ledger.aliases() == {"champion": THREE}


def test_an_alias_that_somebody_moved_comes_back(ledger: Crowded) -> None:
    promote(ledger, ONE)
    follow_chain(ledger)
    ledger.point("champion", TWO)
    follow_chain(ledger)
    assert ledger.aliases() == {"champion": ONE}


def test_a_challenger_stays_until_it_is_champion(ledger: Crowded) -> None:
    promote(ledger, ONE)
    follow_chain(ledger)
    challenge(ledger, TWO)
    challenge(ledger, ONE)
    assert ledger.aliases() == {"champion": ONE, "challenger": TWO}
    promote(ledger, THREE)
    follow_chain(ledger)
    assert ledger.aliases() == {"champion": THREE, "challenger": TWO}
    promote(ledger, TWO)
    follow_chain(ledger)
    assert ledger.aliases() == {"champion": TWO}


def test_a_challenger_that_wins_meanwhile_is_none(ledger: Crowded) -> None:
    promote(ledger, ONE)
    ledger.others = [TWO]
    challenge(ledger, TWO)
    assert ledger.aliases() == {}


def test_a_champion_that_nobody_recorded_is_said(ledger: Crowded) -> None:
    promote(ledger, f"{'4' * 32}.dir")
    with pytest.raises(LedgerError, match=f"no Scorecard of {'4' * 32}"):
        follow_chain(ledger)


def chain(ledger: MemoryLedger, *versions: str) -> list[Receipt]:
    receipts: list[Receipt] = []
    for version in versions:
        receipts.append(append(ledger, a_receipt(version, receipts[-1] if receipts else None)))
    return receipts


def back_to(version: str, after: Receipt) -> Receipt:
    return a_receipt(version, after, kind="rollback", grounds="rollback")


def test_receipts_come_oldest_first() -> None:
    ledger = MemoryLedger()
    receipts = chain(ledger, "A", "B", "C")
    assert read_receipts(ledger) == receipts
    assert read_receipts(MemoryLedger()) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", 7), ("previous", "0" * 64), ("from", "Z"), ("from", None), ("to", "Z")],
)
def test_a_receipt_that_is_out_of_place_is_named_with_the_field(field: str, value: object) -> None:
    first = a_receipt("A")
    second = a_receipt(**{"to": "B", "after": first, field: value})
    links = [Link(first.hash, "A"), Link(second.hash, "B")]
    assert place_faults(a_receipt("B", first), links, 1) == []
    [fault] = place_faults(second, links, 1)
    assert second.hash in fault
    assert f"`{field}`" in fault
    assert place_faults(first, links, 0) == []


def test_reading_stops_at_a_receipt_that_is_out_of_place() -> None:
    ledger = MemoryLedger()
    [first] = chain(ledger, "A")
    append(ledger, a_receipt("B", first, number=3))
    with pytest.raises(ReceiptError, match="at place 2 says `number` 3, its place in the chain 2"):
        read_receipts(ledger)


def test_reading_stops_at_a_changed_and_at_a_missing_file() -> None:
    ledger = MemoryLedger()
    [first] = chain(ledger, "A")
    ledger.attach({f"receipts/{first.hash}.json": first.content.replace(b"Ada", b"Eve")})
    with pytest.raises(ReceiptError, match=f"{first.hash} was changed"):
        read_receipts(ledger)
    ledger.append(Link("f" * 64, "B"), first.hash, {})
    ledger.attach({f"receipts/{first.hash}.json": first.content})
    with pytest.raises(ReceiptError, match="f" * 64):
        read_receipts(ledger)


def test_rolling_back_twice_goes_back_twice() -> None:
    receipts = chain(MemoryLedger(), "A", "B", "C")
    assert standing(receipts) == ["A", "B", "C"]
    receipts.append(back_to("B", receipts[-1]))
    assert standing(receipts) == ["A", "B"]
    receipts.append(back_to("A", receipts[-1]))
    assert standing(receipts) == ["A"]
    receipts.append(a_receipt("C", receipts[-1]))
    assert standing(receipts) == ["A", "C"]


def test_a_version_that_came_back_by_promotion_stands_twice() -> None:
    receipts = chain(MemoryLedger(), "A", "B", "A")
    assert standing([*receipts, back_to("B", receipts[-1])]) == ["A", "B"]


def test_several_steps_back_at_once() -> None:
    receipts = chain(MemoryLedger(), "A", "B", "C")
    assert standing([*receipts, back_to("A", receipts[-1])]) == ["A"]


def test_going_back_to_what_never_was_is_refused() -> None:
    receipts = chain(MemoryLedger(), "A", "B")
    for version in ("Z", "B"):
        with pytest.raises(ReceiptError, match=f"rolls back to {version}"):
            standing([*receipts, back_to(version, receipts[-1])])


def test_the_files_of_a_receipt_by_what_it_names() -> None:
    plain = a_receipt("A")
    assert attached_names(plain) == [f"receipts/{plain.hash}.json"]
    signed = a_receipt("A", signer="ssh-ed25519 AAAA")
    assert attached_names(signed)[1] == f"receipts/{signed.hash}.sig"
