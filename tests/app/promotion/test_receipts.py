import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.promotion.receipts import Step, Succession, actor, draft_receipt, sign_receipt
from app.storage.remote import open_remote
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHALLENGER, CHAMPION, Link
from eval.receipts.chain import attached_names, receipt_name
from eval.receipts.receipt import JudgedBy, parse_receipt, sha256
from eval.receipts.signature import check_signature
from pipeline.errors import ConflictError
from tests.fakes import MemoryLedger
from tests.support.gates import ONE, TWO, make_entry, make_scorecard
from tests.support.receipts import MEASURED, a_receipt, made_key
from tests.support.remotes import write_remotes
from tests.support.stored_versions import StoredVersions

ACTIONS = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "ada",
    "GITHUB_SERVER_URL": "https://github.example.org",
    "GITHUB_REPOSITORY": "team/handbook",
    "GITHUB_RUN_ID": "42",
}
ADDRESS = "https://github.example.org/team/handbook/actions/runs/42"


def nobody(folder: Path) -> dict[str, str]:
    """An environment in which git knows nobody."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}


def test_who_says_so_is_taken_first(tmp_path: Path) -> None:
    environ = {**nobody(tmp_path), **ACTIONS, "WINNOW_USER": "Grace\n<grace@example.org>"}
    assert actor(tmp_path, environ) == "Grace <grace@example.org>"


def test_a_run_of_github_actions_is_named_with_its_address(tmp_path: Path) -> None:
    assert actor(tmp_path, {**nobody(tmp_path), **ACTIONS}) == f"ada ({ADDRESS})"
    del (environ := {**nobody(tmp_path), **ACTIONS})["GITHUB_RUN_ID"]
    assert actor(tmp_path, environ) == "ada"


def test_git_knows_who_it_is(tmp_path: Path) -> None:
    environ = nobody(tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    for key, value in (("user.name", "Ada Lovelace"), ("user.email", "ada@example.org")):
        subprocess.run(["git", "config", key, value], cwd=tmp_path, check=True)
    assert actor(tmp_path, environ) == "Ada Lovelace <ada@example.org>"
    environ |= {"GIT_COMMITTER_NAME": "A robot"}
    assert actor(tmp_path, environ) == "A robot <ada@example.org>"


def test_else_it_is_the_account_on_the_machine(tmp_path: Path) -> None:
    user, _, host = actor(tmp_path, nobody(tmp_path)).partition("@")
    assert user
    assert host
    assert "@" in actor(tmp_path, {**nobody(tmp_path), "PATH": str(tmp_path)})


TOLD: dict[str, Any] = {
    "kind": "promotion",
    "grounds": "passed",
    "reason": None,
    "verdict": None,
    "measured": MEASURED,
    "remote": None,
    "outputs": {},
}


def test_it_follows_the_chain_that_was_read(tmp_path: Path) -> None:
    workspace, environ = Workspace(tmp_path), {"WINNOW_USER": "Ada", "PATH": "/usr/bin:/bin"}
    (tmp_path / "b").write_bytes(b"two")
    first = draft_receipt(workspace, (), ONE, {"a/b": tmp_path / "b"}, environ, **TOLD)
    assert (first.number, first.previous, first.from_, first.to) == (1, None, None, ONE)
    assert (first.who, first.revision, first.dirty) == ("Ada", "unknown", "unknown")
    assert first.files == {"a/b": hashlib.sha256(b"two").hexdigest()}
    when = datetime.strptime(first.when, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) <= datetime.now(UTC) - when < timedelta(minutes=1)
    second = draft_receipt(workspace, (Link(first.hash, ONE),), TWO, {}, environ, **TOLD)
    assert (second.number, second.previous, second.from_) == (2, first.hash, ONE)


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
    write_remotes(stored.workspace, "store", {"store": {"url": str(tmp_path / "remote")}})
    ledger.point(CHALLENGER, ONE)
    signed = sign_receipt(a_receipt(ONE, remote="somewhere"), None)
    with open_remote(stored.workspace) as remote:
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
    write_remotes(stored.workspace, "store", {"store": {"url": str(tmp_path / "remote")}})
    Succession(ledger, None, Log()).append(sign_receipt(a_receipt(ONE), None))
    with open_remote(stored.workspace) as remote:
        assert remote is not None
        Succession(ledger, remote, Log()).complete(ledger.chain()[-1])
        assert remote.names("receipts") == []


def test_a_remote_that_fails_afterwards_takes_nothing_back(
    ledger: MemoryLedger, log: Log, tmp_path: Path
) -> None:
    stored = StoredVersions(tmp_path / "here")
    (tmp_path / "remote").write_text("a file where a folder should be")
    write_remotes(stored.workspace, "store", {"store": {"url": str(tmp_path / "remote")}})
    with open_remote(stored.workspace) as remote:
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
