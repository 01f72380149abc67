"""Live answer: a terminal sees it grow, a pipe only the whole."""

import io

import pytest
from rich.console import Console

from app.answer_text import answer_text
from app.live_answer import show_answer
from pipeline.errors import EndpointError
from tests.app.workbench.sample_library import RETURNS
from tests.app.workbench.sample_models import model, unanswered, writer, written


def console(*, terminal: bool) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=60, height=8, color_system=None
    )


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_pipe_gets_the_whole_alone() -> None:
    pipe = console(terminal=False)
    answer = show_answer(pipe, writer(0.0).stream(RETURNS))
    assert said(pipe) == answer_text(answer, restarts=1).plain + "\n"
    assert said(pipe).count("A private customer who bought") == 2  # sentence and excerpt
    assert "The reply broke off once" in said(pipe)


def test_a_terminal_sees_what_is_written_so_far() -> None:
    terminal = console(terminal=True)
    show_answer(terminal, model([written("Thirty"), written("Thirty days.")], 0.12).stream("?"))
    shown = said(terminal)
    assert shown.index("reading 4 passages") < shown.index("writing") < shown.index("Thirty days.")


def test_what_is_longer_than_the_terminal_shows_its_end() -> None:
    terminal = console(terminal=True)
    many = " ".join(f"word{number}" for number in range(200))
    show_answer(terminal, model([written(many), written(many)], 0.12).stream("?"))
    growing = said(terminal).partition("writing")[0]
    assert "word199" in growing
    assert "word0 " not in growing


def test_a_model_that_fails_leaves_no_half_answer() -> None:
    terminal = console(terminal=True)
    with pytest.raises(EndpointError):
        show_answer(terminal, unanswered().stream(RETURNS))
    assert "tokens" not in said(terminal)
