import pytest

from eval.ledger.ledger import Link
from eval.receipts.chain import attached_names, champion_stack, place_faults, read_receipts
from eval.receipts.receipt import Receipt
from pipeline.errors import ReceiptError
from tests.fakes import MemoryLedger
from tests.support.receipts import a_receipt, append


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
    assert champion_stack(receipts) == ["A", "B", "C"]
    receipts.append(back_to("B", receipts[-1]))
    assert champion_stack(receipts) == ["A", "B"]
    receipts.append(back_to("A", receipts[-1]))
    assert champion_stack(receipts) == ["A"]
    receipts.append(a_receipt("C", receipts[-1]))
    assert champion_stack(receipts) == ["A", "C"]


@pytest.mark.parametrize(
    ("promoted", "to", "left"),
    [("ABA", "B", ["A", "B"]), ("ABC", "A", ["A"])],
    ids=["promoted twice", "several steps at once"],
)
def test_one_goes_back_to_the_version_that_is_named(
    promoted: str, to: str, left: list[str]
) -> None:
    receipts = chain(MemoryLedger(), *promoted)
    assert champion_stack([*receipts, back_to(to, receipts[-1])]) == left


def test_going_back_to_what_never_was_is_refused() -> None:
    receipts = chain(MemoryLedger(), "A", "B")
    for version in ("Z", "B"):
        with pytest.raises(ReceiptError, match=f"rolls back to {version}"):
            champion_stack([*receipts, back_to(version, receipts[-1])])


def test_the_files_of_a_receipt_by_what_it_names() -> None:
    plain = a_receipt("A")
    assert attached_names(plain) == [f"receipts/{plain.hash}.json"]
    signed = a_receipt("A", signer="ssh-ed25519 AAAA")
    assert attached_names(signed)[1] == f"receipts/{signed.hash}.sig"
