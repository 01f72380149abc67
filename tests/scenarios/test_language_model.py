"""`winnow run`, `ask` and `chat` with a language model: with a key, and without."""

from collections.abc import Iterator

import pytest

from tests.app.commands.test_run import fails
from tests.loopback.fixture import LoopbackServer, environment, serving
from tests.support.project import Project, copy_project

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
QUESTION = "How long is the warranty of the Fjell pump?"
GROQ = "generation.generator=groq"
NO_KEY = {"GROQ_API_KEY": "", "GROQ_BASE_URL": "", "OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def by_model(
    built_project: Project, server: LoopbackServer, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A project whose newest Version is answered by a model; `said.txt` is what the run said."""
    project = copy_project(built_project, tmp_path_factory.mktemp("by-model") / "project")
    said = project.ok("winnow", "run", "--set", GROQ, **environment(server))
    (project.root / "said.txt").write_text(said, encoding="utf-8")
    return project


@pytest.mark.parametrize("more", [(), ("--experiment", "by-groq")])
def test_a_run_without_a_key_says_so_before_anything_changes(
    project: Project, more: tuple[str, ...]
) -> None:
    params, lock = (project.root / "params.yaml").read_bytes(), project.lock
    error = fails(project, "winnow", "run", "--set", GROQ, *more, **NO_KEY)
    assert error.startswith(f"error: {GROQ}: GROQ_API_KEY is not set")
    assert (project.root / "params.yaml").read_bytes() == params
    assert project.lock == lock


def test_a_run_says_what_it_will_take_and_what_it_took(by_model: Project) -> None:
    said = (by_model.root / "said.txt").read_text("utf-8")
    assert "5 calls" in said
    assert "answering took" in said
    assert "loopback-key" not in said


def test_ask_and_chat_answer_with_the_model(by_model: Project, server: LoopbackServer) -> None:
    said = by_model.ok("winnow", "ask", QUESTION, **environment(server))
    assert "five years" in said
    assert " tokens, " in said
    asked = f"printf '{QUESTION}\\nAnd of the battery?\\n' | winnow chat"
    piped = by_model.run("bash", "-c", asked, **environment(server))
    assert "taken as: " in piped.stdout
    assert piped.returncode == 0


def test_without_a_key_the_question_fails_and_an_extractive_version_still_answers(
    by_model: Project,
) -> None:
    for command in (("winnow", "ask", QUESTION), ("winnow", "chat")):
        done = by_model.run("bash", "-c", f'echo "{QUESTION}" | "$@"', "-", *command, **NO_KEY)
        assert done.returncode == 1
        [error] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert "GROQ_API_KEY" in error
        assert "Traceback" not in done.stderr
    extractive = by_model.records()[-1]["version"]
    assert "five years" in by_model.ok("winnow", "ask", "--version", extractive, QUESTION, **NO_KEY)


def test_versions_say_which_generator_and_what_it_took(by_model: Project) -> None:
    said = by_model.run("winnow", "versions").stdout
    assert "generation.generator=groq" in said
    assert "generation.generator=extractive" in said
    assert " tokens" in said


def test_a_failed_answer_does_not_end_a_chat(by_model: Project, server: LoopbackServer) -> None:
    once = {**environment(server), "WINNOW_MODEL_ATTEMPTS": "1"}
    server.control(faults=1.0, fault_kinds=("500",))
    try:
        done = by_model.run("bash", "-c", "printf 'Who?\\nWhy?\\n' | winnow chat", **once)
    finally:
        server.control(reset=True)
    assert done.returncode == 1
    assert done.stderr.count("error: ") == 2
