"""Making a workspace: beside the repository, over and over, and never on top of other files."""

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

from app.workspace.creation import create_workspace, default_workspace
from app.workspace.reproduction import initialise, reproduce
from app.workspace.workspace import REPOSITORY, Workspace
from pipeline.errors import CaseError, DataError

pytestmark = pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")

CASE = {"id": "a", "question": "q?", "answer": "", "answerable": False, "evidence": []}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "some papers"
    folder.mkdir()
    (folder / "a.txt").write_text("text", encoding="utf-8")
    return folder


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps(CASE), encoding="utf-8")
    return file


def stages(workspace: Workspace) -> dict[str, dict[str, list[object]]]:
    content = yaml.safe_load((workspace.root / "dvc.yaml").read_text("utf-8"))
    return dict(content["stages"])


def test_raw_is_a_link_and_params_are_a_copy(tmp_path: Path, raw: Path) -> None:
    made = create_workspace(tmp_path / "w s", raw)
    assert made.raw.resolve() == raw
    assert made.params.read_bytes() == (REPOSITORY / "params.yaml").read_bytes()


def test_code_is_the_repositorys_and_data_its_own(tmp_path: Path, raw: Path) -> None:
    made = create_workspace(tmp_path / "w", raw)
    for stage in stages(made).values():
        for dep in map(str, stage["deps"]):
            if Path(dep).is_absolute():
                assert Path(dep).exists()
                assert Path(dep).is_relative_to(REPOSITORY)
            else:
                assert dep.startswith("data/")


def test_dvc_sees_a_listing_of_the_documents_alone(tmp_path: Path, raw: Path) -> None:
    made = create_workspace(tmp_path / "w", raw)
    deps = [dep for stage in stages(made).values() for dep in stage["deps"]]
    assert "data/raw.json" in deps
    assert "data/raw" not in deps
    assert "/data/raw\n" in (made.root / ".dvcignore").read_text("utf-8")


def test_without_cases_the_pipeline_ends_with_a_version(tmp_path: Path, raw: Path) -> None:
    made = create_workspace(tmp_path / "w", raw)
    assert made.stages[-1] == "package"
    assert made.cases is None


def test_cases_come_later_and_stay(tmp_path: Path, raw: Path, cases: Path) -> None:
    create_workspace(tmp_path / "w", raw)
    made = create_workspace(tmp_path / "w", raw, cases)
    assert made.stages[-1] == "record"
    assert made.cases == made.root / "cases.jsonl"
    assert create_workspace(tmp_path / "w", raw).stages[-1] == "record"
    assert create_workspace(tmp_path / "w", raw, made.cases).cases == made.cases


def test_params_are_kept_and_raw_may_change(tmp_path: Path, raw: Path) -> None:
    made = create_workspace(tmp_path / "w", raw)
    made.params.write_text("mine: 1\n", encoding="utf-8")
    other = tmp_path / "other"
    other.mkdir()
    again = create_workspace(tmp_path / "w", other)
    assert again.params.read_text("utf-8") == "mine: 1\n"
    assert again.raw.resolve() == other
    assert (raw / "a.txt").is_file()


def test_an_own_raw_folder_may_be_given_again(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "w", raw=None)
    assert create_workspace(tmp_path / "w", made.raw).raw == made.raw


def test_broken_cases_leave_nothing_behind(tmp_path: Path, raw: Path) -> None:
    cases = tmp_path / "broken.jsonl"
    cases.write_text("{", encoding="utf-8")
    with pytest.raises(CaseError, match=r"broken.jsonl:1: not valid JSON"):
        create_workspace(tmp_path / "w", raw, cases)
    assert not (tmp_path / "w").exists()


def test_what_an_interruption_left_is_taken_up(tmp_path: Path, raw: Path) -> None:
    made = create_workspace(tmp_path / "w", raw)
    (made.root / "dvc.yaml").unlink()
    made.raw.unlink()
    assert create_workspace(tmp_path / "w", raw).stages


def test_caches_alone_are_no_obstacle(tmp_path: Path, raw: Path) -> None:
    (tmp_path / "w" / ".winnow").mkdir(parents=True)
    assert create_workspace(tmp_path / "w", raw).stages


def test_a_folder_in_use_is_never_written_to(tmp_path: Path, raw: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(DataError, match="used holds other files; give --workspace"):
        create_workspace(used, raw)
    with pytest.raises(DataError, match="is a file"):
        create_workspace(used / "thesis.txt", raw)
    assert [each.name for each in used.iterdir()] == ["thesis.txt"]


def test_a_clone_is_no_place_for_other_documents(raw: Path) -> None:
    before = (REPOSITORY / "dvc.yaml").read_bytes()
    with pytest.raises(DataError, match="holds other files"):
        create_workspace(REPOSITORY, raw)
    assert (REPOSITORY / "dvc.yaml").read_bytes() == before


def test_raw_must_be_a_folder_that_does_not_hold_the_workspace(tmp_path: Path, raw: Path) -> None:
    with pytest.raises(DataError, match=r"--raw .*a.txt is no folder"):
        create_workspace(tmp_path / "w", raw / "a.txt")
    with pytest.raises(DataError, match="lies inside --raw"):
        create_workspace(raw / "w", raw)
    assert [each.name for each in raw.iterdir()] == ["a.txt"]


def test_documents_of_a_workspaces_own_are_not_replaced(tmp_path: Path, raw: Path) -> None:
    made = create_workspace(tmp_path / "w", raw=None)
    (made.raw / "own.txt").write_text("own", encoding="utf-8")
    with pytest.raises(DataError, match="holds documents of its own"):
        create_workspace(tmp_path / "w", raw)
    assert (made.raw / "own.txt").is_file()


def test_each_raw_folder_has_a_default_workspace(tmp_path: Path) -> None:
    beside = Workspace(tmp_path / "clone")
    first, second = (default_workspace(tmp_path / name / "docs", beside) for name in "ab")
    assert first != second
    assert first.name.startswith("docs-")
    assert first.is_relative_to(tmp_path / "clone" / ".winnow")


def test_a_default_workspace_has_a_name_that_dvc_takes(tmp_path: Path) -> None:
    hostile = tmp_path / (os.fsdecode(b"caf\xe9\n") + "x" * 200)
    name = default_workspace(hostile, Workspace(tmp_path)).name
    assert name.startswith("caf__xxx")
    assert len(name) < 100


LEFTOVERS = (
    "x.py~", ".x.py.swp", ".#x.py", "x.py.orig", "x.py.rej", ".DS_Store", "x.pyc",
    "__pycache__/x.pyc",
)  # fmt: skip


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A repository whose one stage runs a folder of code on the documents."""
    root = tmp_path / "repository"
    (root / "pipeline" / "documents").mkdir(parents=True)
    (root / "pipeline" / "documents" / "x.py").write_text("1", encoding="utf-8")
    (root / "data" / "raw").mkdir(parents=True)
    (root / "data" / "raw" / "a.txt").write_text("a", encoding="utf-8")
    shutil.copyfile(REPOSITORY / ".dvcignore", root / ".dvcignore")
    shutil.copyfile(REPOSITORY / "params.yaml", root / "params.yaml")
    stage = {"cmd": "date > out", "deps": ["data/raw", "pipeline/documents"], "outs": ["out"]}
    pipeline = {"vars": [], "stages": {"ingest": stage}, "plots": []}
    (root / "dvc.yaml").write_text(yaml.safe_dump(pipeline), encoding="utf-8")
    initialise(Workspace(root))
    return root


def reproduced(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> bool:
    """Run, and return whether the stage ran."""
    reproduce(workspace, "ingest")
    return "ingest" in capfd.readouterr().err


@pytest.mark.parametrize("elsewhere", [False, True])
def test_code_runs_again_when_it_is_edited_and_not_for_what_an_editor_leaves(
    code: Path, tmp_path: Path, raw: Path, capfd: pytest.CaptureFixture[str], *, elsewhere: bool
) -> None:
    def workspace() -> Workspace:
        return create_workspace(tmp_path / "w", raw, code=code) if elsewhere else Workspace(code)

    assert reproduced(workspace(), capfd)
    folder = code / "pipeline" / "documents"
    for name in LEFTOVERS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    assert not reproduced(workspace(), capfd)
    (folder / "x.py").write_text("2", encoding="utf-8")
    assert reproduced(workspace(), capfd)
    (folder / "y.py").touch()
    assert reproduced(workspace(), capfd)


def test_a_document_counts_whatever_its_name(code: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert reproduced(Workspace(code), capfd)
    for name in LEFTOVERS:
        (code / "data" / "raw" / name).parent.mkdir(exist_ok=True)
        (code / "data" / "raw" / name).touch()
        assert reproduced(Workspace(code), capfd), name
