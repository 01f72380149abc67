"""Live answer: an answer in the terminal that is seen while it is written."""

from collections.abc import Iterable
from time import monotonic

from rich.console import Console, ConsoleOptions, RenderResult
from rich.containers import Lines
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from app.answer_text import answer_text, growing_text
from app.growth import Growth, growth
from pipeline.answer import Answer

_PER_SECOND = 10
_ROOM = 3
"""Lines of the terminal that stay free, so that what grows is never cut off at the bottom."""


def show_answer(console: Console, answers: Iterable[Answer]) -> Answer:
    """Print an Answer and return it; a terminal shows it grow, a pipe gets only the whole."""
    if not console.is_terminal:
        return _print_whole(console, *growth(answers))
    started = 0.0
    with Live(
        _spinner("searching"), console=console, transient=True, refresh_per_second=_PER_SECOND
    ) as live:
        last: Growth | None = None
        for last in growth(answers):
            if monotonic() - started >= 1 / _PER_SECOND:
                started = monotonic()
                live.update(_Growing(last))
    return _print_whole(console, *([last] if last else []))


def _print_whole(console: Console, *growths: Growth) -> Answer:
    whole = growths[-1]
    console.print(answer_text(whole.answer, whole.restarts), soft_wrap=True)
    return whole.answer


class _Growing:
    """The end of what is written so far, as much as the terminal has room for."""

    def __init__(self, growth: Growth) -> None:
        self._text = growing_text(growth)
        self._text.rstrip()
        self._spinner = _spinner("writing" if growth.answer.sentences else _reading(growth.answer))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = self._text.wrap(console, options.max_width) if self._text else Lines()
        yield from lines[-max(1, options.size.height - _ROOM) :]
        yield self._spinner


def _spinner(state: str) -> Spinner:
    return Spinner("dots", Text(state, style="dim"))


def _reading(answer: Answer) -> str:
    count = len(answer.passages)
    return f"reading {count} passage{'s' * (count != 1)}"
