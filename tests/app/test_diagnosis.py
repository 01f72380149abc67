"""What `winnow doctor` finds in a project, and what a repair gives back."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.diagnosis import Diagnosis, diagnose
from app.storage.remote import open_remote
from app.storage.version_objects import keep_version, tag_name, version_objects
from eval.ledger.ledger import CHALLENGER, CHAMPION
from eval.receipts.chain import receipt_name, verdict_name
from pipeline.errors import LedgerError
from tests.fakes import MemoryLedger
from tests.support.promotions import PromotedWorkspace, make_promoted_workspace
from tests.support.receipts import made_key


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PromotedWorkspace:
    """One Version was champion, another is; git is there, and a tag of each."""
    folder = tmp_path_factory.mktemp("made")
    project = make_promoted_workspace(folder / "here", MemoryLedger())
    subprocess.run(["git", "init", "--quiet"], cwd=project.workspace.root, check=True)
    key = made_key(folder)
    for name in ("one", "two"):
        receipt = project.promote(name, key)
        keep_version(project.workspace, version_objects(project.workspace, receipt.to))
    return project


@pytest.fixture
def project(made: PromotedWorkspace, tmp_path: Path) -> PromotedWorkspace:
    return made.copied(tmp_path)


def examined(project: PromotedWorkspace, repair: bool = False) -> list[Diagnosis]:
    """Return all diagnoses; repair as each comes, as the command does."""
    found = []
    with open_remote(project.workspace) as remote:
        for diagnosis in diagnose(project.workspace, project.ledger, remote):
            found.append(diagnosis)
            if repair and diagnosis.repair is not None:
                diagnosis.repair.act()
    return found


def wrong(project: PromotedWorkspace) -> dict[str, Diagnosis]:
    return {each.part: each for each in examined(project) if each.state != "fine"}


def state(project: PromotedWorkspace) -> dict[str, object]:
    """Everything that a repair could change."""
    files = (
        path
        for folder in (project.workspace.root, project.remote)
        for path in folder.rglob("*")
        if path.is_file() and "tmp" not in path.parts
    )
    contents: dict[str, object] = {str(path): path.read_bytes() for path in files}
    ledger = project.ledger
    attached = {name: ledger.attachment(name) for name in ledger.attachments()}
    return contents | attached | {"chain": ledger.chain(), "aliases": ledger.aliases()}


def test_a_whole_project_is_fine(project: PromotedWorkspace) -> None:
    assert [each.said for each in examined(project) if each.state != "fine"] == []


def champion(project: PromotedWorkspace) -> str:
    version = project.ledger.champion()
    assert version is not None
    return version


def lose_alias(project: PromotedWorkspace) -> None:
    project.ledger.point(CHAMPION, project.ledger.chain()[0].version)


def challenge_champion(project: PromotedWorkspace) -> None:
    project.ledger.point(CHALLENGER, champion(project))


def lose_receipt_copies(project: PromotedWorkspace) -> None:
    for path in (project.remote / "winnow").rglob("*.*"):
        path.unlink()


def change_receipt_copy(project: PromotedWorkspace) -> None:
    project.copy(receipt_name(project.ledger.chain()[0].receipt)).write_bytes(b"{}")


def change_ledger_files(project: PromotedWorkspace) -> None:
    project.ledger.attach(dict.fromkeys(project.ledger.attachments(), b"{}"))


def lose_tag(project: PromotedWorkspace) -> None:
    tag = tag_name(project.ledger.chain()[0].version)
    subprocess.run(["git", "tag", "--delete", tag], cwd=project.workspace.root, check=True)


def lose_file(project: PromotedWorkspace) -> None:
    project.file(champion(project), "vectors.faiss").unlink()


def lose_listing(project: PromotedWorkspace) -> None:
    project.object(champion(project)).unlink()


def damage_file(project: PromotedWorkspace) -> None:
    path = project.file(champion(project), "vectors.faiss")
    path.chmod(0o644)
    path.write_bytes(b"damaged")


def damage_listing(project: PromotedWorkspace) -> None:
    path = project.object(champion(project))
    path.chmod(0o644)
    path.write_bytes(b"[")


def lose_remote_objects(project: PromotedWorkspace) -> None:
    for path in (project.remote / "files").rglob("*"):
        if path.is_file():
            path.unlink()


def cut_lock(project: PromotedWorkspace) -> None:
    (project.workspace.root / "dvc.lock").write_text("schema: '2.0'\nstages:\n  pack")


LOSSES: dict[Callable[[PromotedWorkspace], None], str] = {
    lose_alias: "alias champion",
    challenge_champion: "alias challenger",
    lose_receipt_copies: "receipts at the remote",
    change_receipt_copy: "receipts at the remote",
    change_ledger_files: "files of the chain",
    lose_tag: "git tags",
    lose_file: "champion's files here",
    lose_listing: "champion's files here",
    damage_file: "DVC's cache",
    damage_listing: "DVC's cache",
    lose_remote_objects: "objects at the remote",
    cut_lock: "dvc.lock",
}


@pytest.mark.parametrize("lose", LOSSES)
def test_each_loss_is_found_left_alone_repaired_and_gone(
    project: PromotedWorkspace, lose: Callable[[PromotedWorkspace], None]
) -> None:
    whole = state(project)
    lose(project)
    broken = state(project)
    found = wrong(project)
    assert found[LOSSES[lose]].repair is not None
    assert state(project) == broken
    examined(project, repair=True)
    assert wrong(project) == {}
    repaired = state(project)
    assert {name: repaired.get(name) for name in whole} == whole


def test_a_file_that_nobody_holds_needs_a_backup(project: PromotedWorkspace) -> None:
    change_ledger_files(project)
    lose_receipt_copies(project)
    found = wrong(project)
    assert found["files of the chain"].repair is None
    assert "restore the ledger from a backup" in found["files of the chain"].said
    assert found["chain"].state == "wrong"
    assert "unknown" in {each.state for each in found.values()}


def test_an_unknown_receipt_at_the_remote_is_for_a_person(
    project: PromotedWorkspace,
) -> None:
    project.copy(receipt_name("0" * 64)).write_bytes(b"{}")
    assert wrong(project)["receipts at the remote"].repair is None


def test_files_of_a_promotion_that_was_ended_early_are_counted(
    project: PromotedWorkspace,
) -> None:
    project.ledger.attach({receipt_name("0" * 64): b"{}", verdict_name("0" * 64): b"{}"})
    [leftovers] = [each for each in examined(project) if each.part == "leftovers"]
    assert leftovers.state == "fine"
    assert leftovers.said.startswith("2 files")


def test_objects_that_are_nowhere_cannot_be_uploaded(
    project: PromotedWorkspace,
) -> None:
    lose_remote_objects(project)
    lose_file(project)
    found = [each for each in examined(project) if each.part == "objects at the remote"]
    assert found[0].repair is None
    assert "lacks 1 of them" in found[0].said
    assert found[1].repair is not None


def test_a_former_champion_is_looked_after_as_long_as_one_can_go_back(
    project: PromotedWorkspace,
) -> None:
    first = project.ledger.chain()[0].version
    for path in (
        project.object(first),
        project.remote / "files/md5" / first[:2] / first[2:],
    ):
        path.unlink()
    assert first in wrong(project)["objects at the remote"].said
    project.roll_back()
    assert first in wrong(project)["objects at the remote"].said


def test_an_alias_that_no_receipt_stands_behind(tmp_path: Path) -> None:
    project = make_promoted_workspace(tmp_path / "here", MemoryLedger())
    version, _ = project.build("one")
    project.record(version)
    project.ledger.point(CHAMPION, version)
    found = wrong(project)["alias champion"]
    assert "no receipt made champion" in found.said
    examined(project, repair=True)
    assert project.ledger.aliases() == {}


class OddLedger(MemoryLedger):
    """Its challenger is what somebody set by hand."""

    def __init__(self, challenger: str) -> None:
        super().__init__()
        self._challenger = challenger

    def aliases(self) -> dict[str, str]:
        return {**super().aliases(), CHALLENGER: self._challenger}


@pytest.mark.parametrize(
    ("named", "said"), [("", "did not record"), ("unheard.dir", "no Scorecard is recorded")]
)
def test_a_challenger_that_nobody_recorded(
    project: PromotedWorkspace, named: str, said: str
) -> None:
    changed = PromotedWorkspace(project.workspace, project.remote, OddLedger(named))
    assert said in wrong(changed)["alias challenger"].said


def test_a_promoted_version_without_a_scorecard(project: PromotedWorkspace) -> None:
    ledger = MemoryLedger()
    receipts = project.ledger.chain()
    ledger.attach({each: project.ledger.attachment(each) for each in project.ledger.attachments()})
    ledger.append(receipts[0], None, {})
    found = wrong(PromotedWorkspace(project.workspace, project.remote, ledger))["Scorecards"]
    assert receipts[0].version in found.said
    assert found.repair is None


def test_a_ledger_that_is_away_leaves_the_rest_unknown(
    project: PromotedWorkspace,
) -> None:
    assert isinstance(project.ledger, MemoryLedger)
    project.ledger.fault = LedgerError("nobody is at home; start it")
    found = wrong(project)
    assert found["ledger"].said == "nobody is at home; start it"
    assert found["chain"].state == "unknown"


def test_without_remote_and_git_nothing_there_is_called_fine(tmp_path: Path) -> None:
    project = make_promoted_workspace(tmp_path / "here", MemoryLedger())
    project.promote("one")
    parts = {each.part: each.state for each in diagnose(project.workspace, project.ledger, None)}
    assert parts["remote"] == "unknown"
    assert parts["git tags"] == "unknown"
    assert "objects at the remote" not in parts
    away = diagnose(project.workspace, project.ledger, None, "no way there")
    assert "no way there" in next(each.said for each in away if each.part == "remote")
