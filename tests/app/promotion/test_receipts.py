import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.promotion.receipts import ReceiptWriter, Step, actor, point_challenger, point_champion
from app.storage.remote import DvcRemote, open_remote
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHALLENGER, CHAMPION, Ledger, Link
from eval.receipts.chain import (
    attached_names,
    read_receipts,
    receipt_name,
    signature_name,
    verdict_name,
)
from eval.receipts.receipt import ReceiptVerdict, sha256
from eval.receipts.signature import check_signature
from pipeline.errors import ConflictError, LedgerError
from tests.fakes import MemoryLedger
from tests.support.gates import ONE, TWO, make_record, make_scorecard
from tests.support.receipts import MEASURED, a_receipt, append, made_key
from tests.support.remotes import write_remotes
from tests.support.stored_versions import StoredVersions

THREE = f"{'3' * 32}.dir"
ACTIONS = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "ada",
    "GITHUB_SERVER_URL": "https://github.example.org",
    "GITHUB_REPOSITORY": "team/handbook",
    "GITHUB_RUN_ID": "42",
}
ADDRESS = "https://github.example.org/team/handbook/actions/runs/42"
VERDICT = b'{"outcome":"pass"}'


class CrowdedLedger(MemoryLedger):
    """A ledger in which somebody promotes just before an alias is written, each name once."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list[str] = []
        self.written: list[tuple[str, str | None]] = []

    def point(self, alias: str, version: str | None) -> None:
        if self.others:
            promote(self, self.others.pop(0))
        self.written.append((alias, version))
        super().point(alias, version)


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
def ledger(tmp_path: Path) -> CrowdedLedger:
    ledger = CrowdedLedger()
    for version in (ONE, TWO, THREE):
        ledger.record(make_record(tmp_path, make_scorecard(version)))
    return ledger


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace whose remote is the folder `remote` beside it."""
    workspace = StoredVersions(tmp_path / "here").workspace
    write_remotes(workspace, "store", {"store": {"url": str(tmp_path / "remote")}})
    return workspace


def promote(ledger: Ledger, version: str) -> None:
    receipts = read_receipts(ledger)
    append(ledger, a_receipt(version, receipts[-1] if receipts else None))


def writer(ledger: Ledger, log: Log, root: Path, remote: DvcRemote | None = None) -> ReceiptWriter:
    return ReceiptWriter(Workspace(root), ledger, remote, {"WINNOW_USER": "Ada"}, log)


def nobody(folder: Path) -> dict[str, str]:
    """An environment in which git knows nobody."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}


def test_a_draft_follows_the_chain_that_was_read(
    ledger: MemoryLedger, log: Log, tmp_path: Path
) -> None:
    (tmp_path / "b").write_bytes(b"two")
    fields = {
        "kind": "promotion",
        "grounds": "passed",
        "reason": None,
        "verdict": None,
        "measured": MEASURED,
        "remote": None,
        "outputs": {},
    }
    draft = writer(ledger, log, tmp_path).draft
    first = draft((), ONE, {"a/b": tmp_path / "b"}, **fields)
    assert (first.number, first.previous, first.from_, first.to) == (1, None, None, ONE)
    assert (first.who, first.revision, first.dirty) == ("Ada", "unknown", "unknown")
    assert first.files == {"a/b": hashlib.sha256(b"two").hexdigest()}
    when = datetime.strptime(first.when, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) <= datetime.now(UTC) - when < timedelta(minutes=1)
    second = draft((Link(first.hash, ONE),), TWO, {}, **fields)
    assert (second.number, second.previous, second.from_) == (2, first.hash, ONE)


def test_all_that_a_receipt_names_is_attached(
    ledger: MemoryLedger, log: Log, tmp_path: Path
) -> None:
    key = made_key(tmp_path)
    verdict = ReceiptVerdict(
        outcome="pass", baseline=None, findings=(), notes=(), hash=sha256(VERDICT)
    )
    receipt = writer(ledger, log, tmp_path).append(a_receipt(ONE, verdict=verdict), key, VERDICT)
    assert receipt.signer == key.public
    assert read_receipts(ledger) == [receipt]
    assert sorted(ledger.attachments()) == sorted(attached_names(receipt))
    signature = ledger.attachment(signature_name(receipt.hash))
    check_signature(receipt, signature, frozenset({key.public}))
    assert ledger.attachment(verdict_name(verdict.hash)) == VERDICT


def test_the_alias_and_the_remote_follow_the_chain(
    ledger: MemoryLedger, log: Log, workspace: Workspace, tmp_path: Path
) -> None:
    ledger.point(CHALLENGER, ONE)
    with open_remote(workspace) as remote:
        assert remote is not None
        write = writer(ledger, log, workspace.root, remote)
        receipt = write.append(a_receipt(ONE, remote="somewhere"), None)
        assert receipt == a_receipt(ONE, remote="somewhere")
        assert log.steps == ["appended", "pointed", "copied"]
        assert ledger.champion() == ONE
        assert ledger.aliases() == {CHAMPION: ONE}
        [name] = attached_names(receipt)
        assert remote.read(name) == receipt.content
        # What a process that was ended then would have left out.
        ledger.point(CHAMPION, None)
        (tmp_path / "remote" / "winnow" / name).unlink()
        write.complete(ledger.chain()[-1])
        assert ledger.aliases() == {CHAMPION: ONE}
        assert remote.read(name) == receipt.content


def test_what_was_not_uploaded_is_not_copied_later(
    ledger: MemoryLedger, log: Log, workspace: Workspace
) -> None:
    writer(ledger, log, workspace.root).append(a_receipt(ONE), None)
    with open_remote(workspace) as remote:
        assert remote is not None
        writer(ledger, log, workspace.root, remote).complete(ledger.chain()[-1])
        assert remote.names("receipts") == []


def test_a_remote_that_fails_afterwards_takes_nothing_back(
    ledger: MemoryLedger, log: Log, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "remote").write_text("a file where a folder should be")
    with open_remote(workspace) as remote:
        writer(ledger, log, workspace.root, remote).append(a_receipt(ONE), None)
    assert log.steps == ["appended", "pointed", "unfinished"]
    assert log.texts[-1].startswith(f"{ONE} is champion, but what follows is not done (the remote")
    assert log.texts[-1].endswith("complete it with `winnow doctor --repair`")
    assert ledger.champion() == ONE


def test_who_comes_second_changes_nothing(ledger: MemoryLedger, log: Log, tmp_path: Path) -> None:
    first = writer(ledger, Log(), tmp_path).append(a_receipt(ONE), None)
    with pytest.raises(ConflictError, match=f"{ONE} became champion meanwhile"):
        writer(ledger, log, tmp_path).append(a_receipt(TWO), None)
    assert log.steps == []
    assert ledger.chain() == (Link(first.hash, ONE),)
    assert ledger.aliases() == {CHAMPION: ONE}
    assert ledger.attachment(receipt_name(first.hash)) == first.content


def test_without_a_receipt_no_alias_is_written(ledger: CrowdedLedger) -> None:
    point_champion(ledger)
    point_challenger(ledger, ONE)
    assert ledger.written == []


def test_the_alias_names_the_last_receipts_version_whoever_moves_it(ledger: CrowdedLedger) -> None:
    promote(ledger, ONE)
    promote(ledger, TWO)
    point_champion(ledger)
    point_champion(ledger)
    assert ledger.written == [(CHAMPION, TWO)]
    ledger.point(CHAMPION, ONE)
    point_champion(ledger)
    assert ledger.aliases() == {CHAMPION: TWO}


def test_a_head_that_changes_meanwhile_is_followed_to_its_end(ledger: CrowdedLedger) -> None:
    promote(ledger, ONE)
    ledger.others = [TWO, THREE]
    point_champion(ledger)
    assert ledger.champion() == THREE
    assert ledger.aliases() == {CHAMPION: THREE}


def test_a_challenger_stays_until_it_is_champion(ledger: CrowdedLedger) -> None:
    promote(ledger, ONE)
    point_champion(ledger)
    point_challenger(ledger, TWO)
    point_challenger(ledger, ONE)
    assert ledger.aliases() == {CHAMPION: ONE, CHALLENGER: TWO}
    promote(ledger, THREE)
    point_champion(ledger)
    assert ledger.aliases() == {CHAMPION: THREE, CHALLENGER: TWO}
    promote(ledger, TWO)
    point_champion(ledger)
    assert ledger.aliases() == {CHAMPION: TWO}


def test_a_challenger_that_wins_meanwhile_is_none(ledger: CrowdedLedger) -> None:
    promote(ledger, ONE)
    ledger.others = [TWO]
    point_challenger(ledger, TWO)
    assert ledger.aliases() == {}


def test_a_champion_that_nobody_recorded_is_said(ledger: CrowdedLedger) -> None:
    promote(ledger, f"{'4' * 32}.dir")
    with pytest.raises(LedgerError, match=f"no Scorecard of {'4' * 32}"):
        point_champion(ledger)


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
