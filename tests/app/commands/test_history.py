"""`winnow history` on a real ledger: the table, JSON, and what --verify finds."""

import json
import shutil
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from app.commands.history import history, history_table
from eval.ledger.mlflow_ledger import ledger_at
from eval.receipts.chain import receipt_name
from eval.receipts.receipt import Receipt
from eval.receipts.signature import KEY_VARIABLE, fingerprint, signing_key
from pipeline.errors import PrerequisiteError, ReceiptError
from tests.support.project import ROOT
from tests.support.promotions import PromotedWorkspace, make_promoted_workspace
from tests.support.receipts import a_receipt, made_key

FIXTURES = ROOT / "tests" / "eval" / "fixtures"


@pytest.fixture(autouse=True)
def _own_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("WINNOW_TRUSTED_KEYS", raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="module")
def project(
    promotions: PromotedWorkspace, tmp_path_factory: pytest.TempPathFactory
) -> PromotedWorkspace:
    """Two promotions and the way back, all signed by the key in `trusted`."""
    folder = tmp_path_factory.mktemp("project")
    project = promotions.copied(folder, ledger_at(folder / "here", {}))
    key = signing_key({KEY_VARIABLE: str(folder / "key")})
    assert key is not None
    (folder / "trusted").write_text(f"{key.public} ada\n")
    project.roll_back(key)
    return project


def run(project: PromotedWorkspace, *options: str) -> Result:
    app = typer.Typer()
    app.command()(history)
    return CliRunner().invoke(app, ["--workspace", str(project.workspace.root), *options])


@pytest.mark.slow
@pytest.mark.thorough
def test_a_table_of_all_receipts(project: PromotedWorkspace) -> None:
    done = run(project)
    assert done.exit_code == 0
    for link in project.ledger.chain():
        assert link.receipt[:10] in done.stdout
    assert "rolled back" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


@pytest.mark.slow
@pytest.mark.thorough
def test_json_holds_the_receipts_newest_first(project: PromotedWorkspace) -> None:
    document = json.loads(run(project, "--format", "json").stdout)
    rows = document["receipts"]
    assert [row["number"] for row in rows] == [3, 2, 1]
    assert [row["champion"] for row in rows] == [True, False, False]
    assert rows[0]["hash"] == project.ledger.chain()[-1].receipt
    assert rows[0]["from"] == rows[1]["to"]
    assert "faults" not in document


@pytest.mark.slow
@pytest.mark.thorough
def test_verify_says_what_it_looked_at(project: PromotedWorkspace) -> None:
    trusted = project.remote.parent / "trusted"
    done = run(project, "--verify", "--keys", str(trusted))
    assert done.exit_code == 0
    words = " ".join(done.stdout.split())
    for said in (
        "3 receipts",
        f"3 signed by {fingerprint(trusted.read_text())}",
        "2 Verdicts",
        "4 files of 2 Versions",
        "8 copies at",
        "no fault was found",
    ):
        assert said in words
    document = json.loads(run(project, "--verify", "--no-files", "--format", "json").stdout)
    assert document["faults"] == []
    assert "4 files of 2 Versions" not in document["checked"]


@pytest.mark.slow
@pytest.mark.thorough
def test_another_trusted_key_finds_every_receipt(
    project: PromotedWorkspace, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted"
    trusted.write_text(made_key(tmp_path).public)
    done = run(project, "--verify", "--no-files", "--no-remote", "--keys", str(trusted))
    assert done.exit_code == 1
    assert done.stdout.count("none of the trusted keys") == 3
    assert isinstance(run(project, "--verify", "--keys", "nothing").exception, PrerequisiteError)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_fault_in_each_place_is_a_line_and_exit_1(project: PromotedWorkspace) -> None:
    last = project.ledger.chain()[-1]
    name = receipt_name(last.receipt)
    content = project.ledger.attachment(name)
    copy, file = project.copy(name), project.file(last.version, "vectors.faiss")
    whole = file.read_bytes()
    file.chmod(0o644)
    try:
        project.ledger.attach({name: content.replace(b"Ada", b"Eve")})
        copy.write_bytes(b"{}")
        file.write_bytes(b"forged")
        done = run(project, "--verify")
        assert done.exit_code == 1
        assert f"fault: the receipt {last.receipt} was changed" in done.stdout
        assert f"holds another {name}" in done.stdout
        assert f"{last.version}: vectors.faiss has the SHA-256" in done.stdout
        assert "no fault" not in done.stdout
        assert isinstance(run(project).exception, ReceiptError)
    finally:
        project.ledger.attach({name: content})
        copy.write_bytes(content)
        file.write_bytes(whole)
    assert run(project, "--verify").exit_code == 0


@pytest.mark.slow
@pytest.mark.thorough
def test_a_remote_that_is_away_is_a_fault_unless_it_is_left_out(
    project: PromotedWorkspace,
) -> None:
    done = run(project, "--verify", "--remote", "elsewhere")
    assert done.exit_code == 1
    assert "the remote was not checked: there is no remote 'elsewhere'" in done.stdout
    assert run(project, "--verify", "--no-remote").exit_code == 0


@pytest.mark.slow
@pytest.mark.thorough
def test_a_ledger_of_an_earlier_revision_verifies_and_goes_on(tmp_path: Path) -> None:
    """The fixture was written by the code of November 2026, in the tables of MLflow 3.17."""
    root = tmp_path / "here"
    old = make_promoted_workspace(root, ledger_at(root, {}))
    shutil.unpack_archive(FIXTURES / "ledger-1.tar.xz", root, filter="data")
    trusted = root / ".winnow" / "trusted"
    verify = ("--verify", "--no-remote", "--keys", str(trusted))
    done = run(old, *verify)
    assert done.exit_code == 0, done.stdout
    words = " ".join(done.stdout.split())
    signer = fingerprint(trusted.read_text())
    for said in ("3 receipts", f"3 signed by {signer}", "2 Verdicts", "no fault was found"):
        assert said in words
    rows = json.loads(run(old, *verify, "--format", "json").stdout)["receipts"]
    assert [row["grounds"] for row in rows] == ["rollback", "override", "passed"]
    assert old.ledger.aliases() == {"champion": rows[0]["to"]}
    assert len(old.ledger.records()) == 2
    old.promote("three")
    assert json.loads(run(old, "--format", "json").stdout)["receipts"][1:] == [
        {**rows[0], "champion": False},
        *rows[1:],
    ]


@pytest.mark.slow
@pytest.mark.thorough
def test_nothing_promoted_yet_names_the_command(tmp_path: Path) -> None:
    root = tmp_path / "here"
    empty = make_promoted_workspace(root, ledger_at(root, {}))
    assert run(empty).stdout == "no Version was promoted yet: begin with `winnow promote --first`\n"
    assert json.loads(run(empty, "--format", "json").stdout) == {"receipts": []}


def shown(receipts: list[Receipt], last: str | None = None) -> str:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(history_table(receipts, last))
    return capture.get()


def test_the_newest_comes_first_and_the_champion_is_marked() -> None:
    first = a_receipt("a" * 32 + ".dir")
    second = a_receipt("b" * 32 + ".dir", first, grounds="override", reason="it is [bold]Friday")
    third = a_receipt("a" * 32 + ".dir", second, kind="rollback", grounds="rollback")
    said = shown([first, second, third], third.hash)
    assert said.index(third.hash[:10]) < said.index(second.hash[:10]) < said.index(first.hash[:10])
    assert said.count("★") == 2
    assert "→ aaaaaaaaaa ★" in said[: said.index(second.hash[:10])]
    words = " ".join(said.split())
    assert "rolled back" in words
    assert "promoted, override: it" in words
    assert "[bold]Friday" in words
    assert all(len(line) <= 80 for line in said.splitlines())


def test_a_signer_is_shown_by_the_start_of_its_fingerprint() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFKOS88oqSaipg/bcr47SoJDbR9LBnBpcRdSA6V2m8Nl"
    said = shown([a_receipt("A"), a_receipt("A", signer=key), a_receipt("A", signer="x")])
    assert "SHA256:zA8fNODvDk" in said
    assert "not signed" in said
    assert "an unreadable" in said
    assert "→ A ★" not in said
