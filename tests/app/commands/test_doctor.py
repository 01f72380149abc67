"""`winnow doctor` on a real ledger: it says, repairs when asked, and ends with what is left."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from app.commands.doctor import doctor
from eval.ledger.mlflow_ledger import ledger_at
from eval.receipts.chain import receipt_name
from tests.support.mlflow import client_of
from tests.support.promotions import PromotedWorkspace


@pytest.fixture
def project(
    promotions: PromotedWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> PromotedWorkspace:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return promotions.copied(tmp_path, ledger_at(tmp_path / "here", {}))


def run(project: PromotedWorkspace, *options: str) -> Result:
    app = typer.Typer()
    app.command()(doctor)
    return CliRunner().invoke(app, ["--workspace", str(project.workspace.root), *options])


@pytest.mark.slow
@pytest.mark.thorough
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
@pytest.mark.thorough
def test_what_cannot_be_repaired_leaves_exit_1(project: PromotedWorkspace) -> None:
    path = project.file(project.ledger.chain()[1].version, "vectors.faiss")
    path.unlink()
    (project.remote / "files/md5" / path.parent.name / path.name).unlink()
    done = run(project, "--repair")
    assert done.exit_code == 1
    assert "could not be repaired" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.slow
@pytest.mark.thorough
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
@pytest.mark.thorough
def test_a_ledger_that_is_away_is_one_line(
    project: PromotedWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    done = run(project)
    assert done.exit_code == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("wrong")] != []
    assert "http://127.0.0.1:9" in done.stdout
