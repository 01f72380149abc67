"""`winnow doctor` on a real ledger: it says, repairs when asked, and ends with what is left."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from app.commands.doctor import Examination, doctor
from app.diagnosis import Diagnosis
from app.storage.remote import open_remote
from app.storage.version_objects import drop_tag, keep_version, tag_name, version_objects
from eval.ledger.ledger import CHALLENGER, CHAMPION
from eval.ledger.mlflow_ledger import ledger_at
from eval.receipts.chain import receipt_name, verdict_name
from pipeline.errors import LedgerError
from tests.fakes import MemoryLedger
from tests.support.mlflow import client_of
from tests.support.promotions import PromotedWorkspace, make_promoted_workspace
from tests.support.receipts import made_key


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> PromotedWorkspace:
    folder = tmp_path_factory.mktemp("made")
    project = make_promoted_workspace(folder / "here", ledger_at(folder / "here", {}))
    key = made_key(folder)
    project.promote("one", key)
    project.promote("two", key)
    return project


@pytest.fixture
def project(
    made: PromotedWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> PromotedWorkspace:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return made.copied(tmp_path, ledger_at(tmp_path / "here", {}))


def run(project: PromotedWorkspace, *options: str) -> Result:
    app = typer.Typer()
    app.command()(doctor)
    return CliRunner().invoke(app, ["--workspace", str(project.workspace.root), *options])


@pytest.mark.slow
def test_what_was_lost_everywhere_is_repaired_once(project: PromotedWorkspace) -> None:
    assert run(project).exit_code == 0
    links = project.ledger.chain()
    client = client_of(project.workspace.root)
    client.set_registered_model_alias("winnow", "champion", "1")
    client.set_registered_model_alias("winnow", "challenger", "2")
    project.ledger.attach({receipt_name(links[0].receipt): b"{}"})
    project.copy(receipt_name(links[1].receipt)).unlink()
    project.file(links[1].version, "vectors.faiss").unlink()
    for path in (project.remote / "files").rglob("*.dir"):
        path.unlink()

    seen = run(project)
    assert seen.exit_code == 1
    assert "--repair" in seen.stdout
    assert run(project).stdout == seen.stdout

    repaired = run(project, "--repair")
    for part in ("files of the chain", "alias champion", "objects at the remote"):
        assert f"repaired {part}" in repaired.stdout
    after = run(project)
    assert "wrong" not in after.stdout
    assert after.exit_code == 0
    assert project.ledger.aliases() == {"champion": links[1].version}


@pytest.mark.slow
def test_what_cannot_be_repaired_leaves_exit_1(project: PromotedWorkspace) -> None:
    path = project.file(project.ledger.chain()[1].version, "vectors.faiss")
    path.unlink()
    (project.remote / "files/md5" / path.parent.name / path.name).unlink()
    done = run(project, "--repair")
    assert done.exit_code == 1
    assert "could not be repaired" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.slow
def test_a_remote_that_is_away_is_wrong_and_none_at_all_is_unknown(
    project: PromotedWorkspace,
) -> None:
    config = project.workspace.root / ".dvc" / "config"
    whole = config.read_text()
    config.write_text(whole.replace("remote = store\n", "remote = elsewhere\n"))
    away = run(project)
    assert away.exit_code == 1
    assert "nothing there was looked at" in away.stdout
    config.write_text("[core]\nno_scm = True\n")
    alone = run(project)
    assert alone.exit_code == 0
    assert "unknown  remote: none is configured" in alone.stdout


@pytest.mark.slow
def test_a_ledger_that_is_away_is_one_line(
    project: PromotedWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    done = run(project)
    assert done.exit_code == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("wrong")] != []
    assert "http://127.0.0.1:9" in done.stdout


@pytest.fixture(scope="module")
def examination_made(tmp_path_factory: pytest.TempPathFactory) -> PromotedWorkspace:
    """One Version was champion, another is; git is there, and a tag of each."""
    folder = tmp_path_factory.mktemp("made")
    examination_project = make_promoted_workspace(folder / "here", MemoryLedger())
    subprocess.run(["git", "init", "--quiet"], cwd=examination_project.workspace.root, check=True)
    key = made_key(folder)
    for name in ("one", "two"):
        receipt = examination_project.promote(name, key)
        keep_version(
            examination_project.workspace,
            version_objects(examination_project.workspace, receipt.to),
        )
    return examination_project


@pytest.fixture
def examination_project(examination_made: PromotedWorkspace, tmp_path: Path) -> PromotedWorkspace:
    return examination_made.copied(tmp_path)


def examined(examination_project: PromotedWorkspace, repair: bool = False) -> list[Diagnosis]:
    """Return all diagnoses; repair as each comes, as the command does."""
    found = []
    with open_remote(examination_project.workspace) as remote:
        for diagnosis in Examination(
            examination_project.workspace, examination_project.ledger, remote
        ).diagnoses():
            found.append(diagnosis)
            if repair and diagnosis.repair is not None:
                diagnosis.repair.act()
    return found


def wrong(examination_project: PromotedWorkspace) -> dict[str, Diagnosis]:
    return {each.part: each for each in examined(examination_project) if each.state != "fine"}


def state(examination_project: PromotedWorkspace) -> dict[str, object]:
    """Everything that a repair could change."""
    files = (
        path
        for folder in (examination_project.workspace.root, examination_project.remote)
        for path in folder.rglob("*")
        if path.is_file() and "tmp" not in path.parts
    )
    contents: dict[str, object] = {str(path): path.read_bytes() for path in files}
    ledger = examination_project.ledger
    attached = {name: ledger.attachment(name) for name in ledger.attachments()}
    return contents | attached | {"chain": ledger.chain(), "aliases": ledger.aliases()}


def test_a_whole_project_is_fine(examination_project: PromotedWorkspace) -> None:
    assert [each.said for each in examined(examination_project) if each.state != "fine"] == []


def champion(examination_project: PromotedWorkspace) -> str:
    version = examination_project.ledger.champion()
    assert version is not None
    return version


def lose_alias(examination_project: PromotedWorkspace) -> None:
    examination_project.ledger.point(CHAMPION, examination_project.ledger.chain()[0].version)


def challenge_champion(examination_project: PromotedWorkspace) -> None:
    examination_project.ledger.point(CHALLENGER, champion(examination_project))


def lose_receipt_copies(examination_project: PromotedWorkspace) -> None:
    for path in (examination_project.remote / "winnow").rglob("*.*"):
        path.unlink()


def change_receipt_copy(examination_project: PromotedWorkspace) -> None:
    examination_project.copy(
        receipt_name(examination_project.ledger.chain()[0].receipt)
    ).write_bytes(b"{}")


def change_ledger_files(examination_project: PromotedWorkspace) -> None:
    examination_project.ledger.attach(
        dict.fromkeys(examination_project.ledger.attachments(), b"{}")
    )


def lose_tag(examination_project: PromotedWorkspace) -> None:
    drop_tag(examination_project.workspace, tag_name(examination_project.ledger.chain()[0].version))


def lose_file(examination_project: PromotedWorkspace) -> None:
    examination_project.file(champion(examination_project), "vectors.faiss").unlink()


def lose_listing(examination_project: PromotedWorkspace) -> None:
    examination_project.object(champion(examination_project)).unlink()


def damage_file(examination_project: PromotedWorkspace) -> None:
    path = examination_project.file(champion(examination_project), "vectors.faiss")
    path.chmod(0o644)
    path.write_bytes(b"damaged")


def damage_listing(examination_project: PromotedWorkspace) -> None:
    path = examination_project.object(champion(examination_project))
    path.chmod(0o644)
    path.write_bytes(b"[")


def lose_remote_objects(examination_project: PromotedWorkspace) -> None:
    for path in (examination_project.remote / "files").rglob("*"):
        if path.is_file():
            path.unlink()


def cut_lock(examination_project: PromotedWorkspace) -> None:
    (examination_project.workspace.root / "dvc.lock").write_text("schema: '2.0'\nstages:\n  pack")


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
    examination_project: PromotedWorkspace, lose: Callable[[PromotedWorkspace], None]
) -> None:
    whole = state(examination_project)
    lose(examination_project)
    broken = state(examination_project)
    found = wrong(examination_project)
    assert found[LOSSES[lose]].repair is not None
    assert state(examination_project) == broken
    examined(examination_project, repair=True)
    assert wrong(examination_project) == {}
    repaired = state(examination_project)
    assert {name: repaired.get(name) for name in whole if name in repaired} == {
        name: whole[name] for name in whole if name in repaired
    }
    assert whole.keys() - repaired.keys() == set()


def test_a_file_that_nobody_holds_needs_a_backup(examination_project: PromotedWorkspace) -> None:
    change_ledger_files(examination_project)
    lose_receipt_copies(examination_project)
    found = wrong(examination_project)
    assert found["files of the chain"].repair is None
    assert "restore the ledger from a backup" in found["files of the chain"].said
    assert found["chain"].state == "wrong"
    assert "unknown" in {each.state for each in found.values()}


def test_an_unknown_receipt_at_the_remote_is_for_a_person(
    examination_project: PromotedWorkspace,
) -> None:
    examination_project.copy(receipt_name("0" * 64)).write_bytes(b"{}")
    assert wrong(examination_project)["receipts at the remote"].repair is None


def test_files_of_a_promotion_that_was_ended_early_are_counted(
    examination_project: PromotedWorkspace,
) -> None:
    examination_project.ledger.attach(
        {receipt_name("0" * 64): b"{}", verdict_name("0" * 64): b"{}"}
    )
    [leftovers] = [each for each in examined(examination_project) if each.part == "leftovers"]
    assert leftovers.state == "fine"
    assert leftovers.said.startswith("2 files")


def test_objects_that_are_nowhere_cannot_be_uploaded(
    examination_project: PromotedWorkspace,
) -> None:
    lose_remote_objects(examination_project)
    lose_file(examination_project)
    found = [each for each in examined(examination_project) if each.part == "objects at the remote"]
    assert found[0].repair is None
    assert "lacks 1 of them" in found[0].said
    assert found[1].repair is not None


def test_a_former_champion_is_looked_after_as_long_as_one_can_go_back(
    examination_project: PromotedWorkspace,
) -> None:
    first = examination_project.ledger.chain()[0].version
    for path in (
        examination_project.object(first),
        examination_project.remote / "files/md5" / first[:2] / first[2:],
    ):
        path.unlink()
    assert first in wrong(examination_project)["objects at the remote"].said
    examination_project.roll_back()
    assert first in wrong(examination_project)["objects at the remote"].said


def test_an_alias_that_no_receipt_stands_behind(tmp_path: Path) -> None:
    examination_project = make_promoted_workspace(tmp_path / "here", MemoryLedger())
    version, _ = examination_project.build("one")
    examination_project.record(version)
    examination_project.ledger.point(CHAMPION, version)
    found = wrong(examination_project)["alias champion"]
    assert "no receipt made champion" in found.said
    examined(examination_project, repair=True)
    assert examination_project.ledger.aliases() == {}


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
    examination_project: PromotedWorkspace, named: str, said: str
) -> None:
    changed = PromotedWorkspace(
        examination_project.workspace, examination_project.remote, OddLedger(named)
    )
    assert said in wrong(changed)["alias challenger"].said


def test_a_promoted_version_without_a_scorecard(examination_project: PromotedWorkspace) -> None:
    ledger = MemoryLedger()
    receipts = examination_project.ledger.chain()
    ledger.attach(
        {
            each: examination_project.ledger.attachment(each)
            for each in examination_project.ledger.attachments()
        }
    )
    ledger.append(receipts[0], None, {})
    found = wrong(
        PromotedWorkspace(examination_project.workspace, examination_project.remote, ledger)
    )["Scorecards"]
    assert receipts[0].version in found.said
    assert found.repair is None


def test_a_ledger_that_is_away_leaves_the_rest_unknown(
    examination_project: PromotedWorkspace,
) -> None:
    assert isinstance(examination_project.ledger, MemoryLedger)
    examination_project.ledger.fault = LedgerError("nobody is at home; start it")
    found = wrong(examination_project)
    assert found["ledger"].said == "nobody is at home; start it"
    assert found["chain"].state == "unknown"


def test_without_remote_and_git_nothing_there_is_called_fine(tmp_path: Path) -> None:
    examination_project = make_promoted_workspace(tmp_path / "here", MemoryLedger())
    examination_project.promote("one")
    parts = {
        each.part: each.state
        for each in Examination(
            examination_project.workspace, examination_project.ledger, None
        ).diagnoses()
    }
    assert parts["remote"] == "unknown"
    assert parts["git tags"] == "unknown"
    assert "objects at the remote" not in parts
    away = Examination(
        examination_project.workspace, examination_project.ledger, None, "no way there"
    ).diagnoses()
    assert "no way there" in next(each.said for each in away if each.part == "remote")
