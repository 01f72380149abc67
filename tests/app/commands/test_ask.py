"""`winnow ask`: an answer with its passages, from the built or a named Version."""

import pytest

from app.commands.ask import ask
from pipeline.errors import VersionError
from tests.app.commands.test_run import fails
from tests.project import Project

pytestmark = pytest.mark.slow
QUESTION = "How long is the warranty of the Fjell pump?"


def test_the_built_version_answers_and_cites(built_project: Project) -> None:
    lines = built_project.ok("winnow", "ask", QUESTION).splitlines()
    assert lines[0].startswith("The warranty of the Fjell pump lasts five years")
    assert lines[0].endswith("[1]")
    assert any(line.startswith("[1] warranty.md, Warranty (") for line in lines)


def test_a_version_is_named_by_the_start_of_its_id(built_project: Project) -> None:
    for name in (built_project.version, built_project.version[:6]):
        assert "five years" in built_project.ok("winnow", "ask", "--version", name, QUESTION)


def test_it_abstains_when_nothing_answers(built_project: Project) -> None:
    said = built_project.ok("winnow", "ask", "What does error E-9999 mean?")
    assert said.startswith("The documents do not seem to hold an answer.")
    assert "closest passages:" in said


def test_the_built_version_answers_while_the_ledger_is_away(built_project: Project) -> None:
    away = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    assert "five years" in built_project.ok("winnow", "ask", QUESTION, **away)


@pytest.mark.parametrize("question", ["", "   "])
def test_an_empty_question(built_project: Project, question: str) -> None:
    assert "the question is empty; write one in quotes" in fails(
        built_project, "winnow", "ask", question
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ffffff", "no Version begins with 'ffffff'; choose from "),
        ("ff", "'ff' is too short"),
        ("champion", "there is no champion yet"),
        ("0" * 32 + ".dir", "is not in the cache; bring it back with `dvc pull`"),
    ],
)
def test_an_unknown_version(
    built_project: Project, name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(VersionError, match=said):
        ask(QUESTION, version=name, workspace=built_project.root)


def test_an_unknown_version_is_one_line(built_project: Project) -> None:
    error = fails(built_project, "winnow", "ask", "--version", "ffffff", QUESTION)
    assert error.startswith("error: no Version begins with 'ffffff'; choose from ")


def test_where_nothing_is_built(built_project: Project, project: Project) -> None:
    (project.root / "dvc.lock").unlink()
    assert "no Version is built in" in fails(project, "winnow", "ask", QUESTION)
    assert "nowhere is no workspace" in fails(
        built_project, "winnow", "ask", "--workspace", "nowhere", QUESTION
    )


def test_an_extractive_version_needs_no_client_of_a_model(built_project: Project) -> None:
    clients = ("groq", "openai", "httpx", "httpx2", "genai_prices", "tiktoken", "torch", "ragas")
    code = (
        f"import sys; sys.argv = ['winnow', 'ask', {QUESTION!r}]\n"
        "from app.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {clients!r} if name in sys.modules])"
    )
    lines = built_project.ok("python", "-c", code).splitlines()
    assert lines[0].startswith("The warranty of the Fjell pump lasts five years")
    assert lines[-1] == "[]"
