"""`winnow compare`: what it refuses; what it shows is tried in test_loop."""

from pathlib import Path

import pytest

from app.commands.compare import compare
from app.workspace.workspace import Workspace
from pipeline.errors import WinnowError
from tests.support.project import Project

OTHER = "0" * 32 + ".dir"


@pytest.fixture(autouse=True)
def _default_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        (["abcd"], "1 given: compare takes two to four Versions"),
        (["a", "b", "c", "d", "e"], "5 given: compare takes two to four"),
        (["ffff", "0000"], "no Version begins with 'ffff'; choose from"),
        ([OTHER, OTHER], "one Version stands there twice"),
    ],
)
def test_versions_that_do_not_do(built_project: Project, versions: list[str], said: str) -> None:
    with pytest.raises(WinnowError, match=said):
        compare(versions, question="x", root=built_project.root)


@pytest.mark.parametrize(
    ("question", "case", "said"),
    [
        (None, None, "nothing to ask: give --question TEXT or --case ID"),
        (" ", None, "nothing to ask"),
        (None, "waranty", "there is no Case 'waranty'; there are warranty"),
        ("x", "code", "give one of the two"),
    ],
)
def test_questions_that_do_not_do(
    built_project: Project, question: str | None, case: str | None, said: str
) -> None:
    versions = [built_project.version[:8], OTHER]
    with pytest.raises(WinnowError, match=said):
        compare(versions, question, case, built_project.root)


def test_without_cases_no_case_can_be_named(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text("stages: {}", encoding="utf-8")
    assert Workspace(tmp_path).cases is None
    with pytest.raises(WinnowError, match="no Case 'x'; this workspace has no Cases"):
        compare([OTHER, "1" * 32 + ".dir"], case="x", root=tmp_path)
