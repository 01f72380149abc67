"""Once its receipt is appended a Version is champion, whatever is away by then."""

from pathlib import Path

import pytest

from app.dvc_remote import open_remote
from app.signed_receipt import sign_receipt
from app.succession import Step, Succession
from eval.ledger import CHALLENGER, CHAMPION, Link
from eval.receipt_chain import receipt_name
from pipeline.errors import ConflictError
from tests.configured_remote import write_remotes
from tests.fakes import MemoryLedger
from tests.made_receipt import a_receipt
from tests.scorecard_folder import ONE, TWO, make_entry, make_scorecard
from tests.stored_version import StoredVersions


class Log:
    """What was told, step by step."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.texts: list[str] = []

    def __call__(self, step: Step, text: str) -> None:
        self.steps.append(step)
        self.texts.append(text)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def ledger(tmp_path: Path) -> MemoryLedger:
    ledger = MemoryLedger()
    for version in (ONE, TWO):
        ledger.record(make_entry(tmp_path, make_scorecard(version)))
    return ledger


def test_the_alias_and_the_remote_follow_the_chain(
    ledger: MemoryLedger, log: Log, tmp_path: Path
) -> None:
    stored = StoredVersions(tmp_path / "here")
    write_remotes(stored.place, "store", {"store": {"url": str(tmp_path / "remote")}})
    ledger.point(CHALLENGER, ONE)
    signed = sign_receipt(a_receipt(ONE, remote="somewhere"), None)
    with open_remote(stored.place) as remote:
        assert remote is not None
        Succession(ledger, remote, log).append(signed)
        assert log.steps == ["appended", "pointed", "copied"]
        assert ledger.champion() == ONE
        assert ledger.aliases() == {CHAMPION: ONE}
        [(name, content)] = signed.attachments.items()
        assert remote.read(name) == content
        # What a process that was ended then would have left out.
        ledger.point(CHAMPION, None)
        (tmp_path / "remote" / "winnow" / name).unlink()
        Succession(ledger, remote, log).complete(ledger.chain()[-1])
        assert ledger.aliases() == {CHAMPION: ONE}
        assert remote.read(name) == content


def test_what_was_not_uploaded_is_not_copied_later(ledger: MemoryLedger, tmp_path: Path) -> None:
    stored = StoredVersions(tmp_path / "here")
    write_remotes(stored.place, "store", {"store": {"url": str(tmp_path / "remote")}})
    Succession(ledger, None, Log()).append(sign_receipt(a_receipt(ONE), None))
    with open_remote(stored.place) as remote:
        assert remote is not None
        Succession(ledger, remote, Log()).complete(ledger.chain()[-1])
        assert remote.names("receipts") == []


def test_a_remote_that_fails_afterwards_takes_nothing_back(
    ledger: MemoryLedger, log: Log, tmp_path: Path
) -> None:
    stored = StoredVersions(tmp_path / "here")
    (tmp_path / "remote").write_text("a file where a folder should be")
    write_remotes(stored.place, "store", {"store": {"url": str(tmp_path / "remote")}})
    with open_remote(stored.place) as remote:
        Succession(ledger, remote, log).append(sign_receipt(a_receipt(ONE), None))
    assert log.steps == ["appended", "pointed", "unfinished"]
    assert log.texts[-1].startswith(f"{ONE} is champion, but what follows is not done (the remote")
    assert log.texts[-1].endswith("complete it with `winnow doctor --repair`")
    assert ledger.champion() == ONE


def test_who_comes_second_changes_nothing(ledger: MemoryLedger, log: Log) -> None:
    first = sign_receipt(a_receipt(ONE), None)
    Succession(ledger, None, Log()).append(first)
    second = sign_receipt(a_receipt(TWO), None)
    with pytest.raises(ConflictError, match=f"{ONE} became champion meanwhile"):
        Succession(ledger, None, log).append(second)
    assert log.steps == []
    assert ledger.chain() == (Link(first.receipt.hash, ONE),)
    assert ledger.aliases() == {CHAMPION: ONE}
    assert ledger.attachment(receipt_name(first.receipt.hash)) == first.receipt.content
