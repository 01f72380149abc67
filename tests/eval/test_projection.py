from pathlib import Path

import pytest

from eval.ledger import Ledger
from eval.projection import challenge, follow_chain
from eval.receipt_chain import read_receipts
from pipeline.errors import LedgerError
from tests.fakes import MemoryLedger
from tests.made_receipt import a_receipt, append
from tests.scorecard_folder import ONE, TWO, make_entry, make_scorecard

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
