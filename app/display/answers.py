"""Answers as text for the terminal."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from rich.console import Console, ConsoleOptions, RenderResult
from rich.containers import Lines
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from pipeline.answer import Answer, Passage
from pipeline.endpoints.price import dollars

# A citation that is only half there may be taken for text at first.
_SLACK = 8


@dataclass(frozen=True, slots=True)
class Growth:
    """An Answer so far; `restarts` counts how often it was begun anew, `whole` ends it."""

    answer: Answer
    restarts: int = 0
    whole: bool = False


def growth(answers: Iterable[Answer]) -> Iterator[Growth]:
    """Follow an Answer as it is streamed; the last Growth is whole.

    An endpoint that breaks off is asked again, and the text begins anew: it is shorter than it
    was, and goes on. Text that shrinks at the very end was taken back, as when a model abstains.
    """
    before: Answer | None = None
    restarts, shrunk = 0, False
    for answer in answers:
        restarts += shrunk
        shrunk = before is not None and len(answer.text) + _SLACK < len(before.text)
        before = answer
        yield Growth(answer, restarts)
    if before is not None:
        yield Growth(before, restarts, whole=True)


def answer_notes(growth: Growth) -> list[str]:
    """Return a sentence for each thing that went otherwise than planned; mostly there is none."""
    answer, restarts = growth.answer, growth.restarts
    notes = []
    if restarts:
        times = "once" if restarts == 1 else f"{restarts} times"
        notes.append(f"The reply broke off {times} and was begun anew.")
    if answer.dropped:
        ranks = ", ".join(map(str, answer.dropped))
        notes.append(
            f"{len(answer.dropped)} of {len(answer.passages)} passages did not fit into the "
            f"model's window and were left out: {ranks}."
        )
    if answer.stray == 1:
        notes.append("1 citation pointed at no passage and was removed.")
    elif answer.stray:
        notes.append(f"{answer.stray} citations pointed at no passage and were removed.")
    return notes


ABSTAINED = "The documents do not seem to hold an answer."
_EXCERPT = 160


def answer_text(answer: Answer, restarts: int = 0) -> Text:
    """Return the sentences with their citation marks, the cited passages, and what it took."""
    text = _taken_as(answer)
    if answer.abstained:
        text.append(ABSTAINED + "\n", style="yellow")
    _append_sentences(text, answer)
    text.append("\n")
    shown = answer.cited or answer.passages[:3]
    if answer.abstained and shown:
        text.append("closest passages:\n", style="dim")
    for passage in shown:
        _append_passage(text, passage)
    for note in answer_notes(Growth(answer, restarts, whole=True)):
        text.append(note + "\n", style="yellow")
    text.append(_took(answer), style="dim")
    return text


def growing_text(growth: Growth) -> Text:
    """Return what has been written of an answer so far."""
    text = _taken_as(growth.answer)
    if growth.restarts:
        text.append("the reply broke off and is begun anew\n", style="yellow")
    _append_sentences(text, growth.answer)
    return text


def _taken_as(answer: Answer) -> Text:
    """Say what a follow-up was taken to ask, on a line of its own."""
    text = Text()
    if answer.standalone is not None:
        text.append(f"taken as: {answer.standalone}\n", style="dim")
    return text


def _append_sentences(text: Text, answer: Answer) -> None:
    for sentence in answer.sentences:
        marks = "".join(f"[{rank}]" for rank in sentence.citations)
        text.append(sentence.text + " ").append(marks + "\n", style="cyan")


def _append_passage(text: Text, passage: Passage) -> None:
    excerpt = " ".join(passage.text.split())
    if len(excerpt) > _EXCERPT:
        excerpt = excerpt[:_EXCERPT].rsplit(" ", 1)[0] + " …"
    text.append(f"[{passage.rank}] ", style="cyan")
    text.append(f"{passage.place} ({passage.score:.2f})\n", style="bold")
    text.append(f"    {excerpt}\n", style="dim")


def _took(answer: Answer) -> str:
    seconds = sum(answer.seconds.values())
    tokens = "" if answer.tokens is None else f"{answer.tokens:,} tokens"
    cost = "" if answer.cost is None else dollars(answer.cost)
    time = f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
    return ", ".join(filter(None, (tokens, cost, time)))


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


Pieces = tuple[tuple[str, bool], ...]


def marked_text(text: str, sentences: Sequence[str]) -> Pieces:
    """Cut a text into (piece, is one of the sentences); the pieces joined are the text.

    A sentence is found where its words follow one another, whatever the white space between.
    """
    spans = sorted(span for sentence in sentences for span in _places(text, sentence))
    pieces: list[tuple[str, bool]] = []
    done = 0
    for start, end in spans:
        start = max(start, done)
        if start >= end:
            continue
        if start > done:
            pieces.append((text[done:start], False))
        pieces.append((text[start:end], True))
        done = end
    if done < len(text) or not pieces:
        pieces.append((text[done:], False))
    return tuple(pieces)


def excerpt(pieces: Pieces, length: int = 160) -> str:
    """Return the beginning of what is marked, else of the whole, on one line."""
    marked = next((piece for piece, is_marked in pieces if is_marked), None)
    text = " ".join((marked or "".join(piece for piece, _ in pieces)).split())
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + " …"


def _places(text: str, sentence: str) -> list[tuple[int, int]]:
    parts = sentence.split()
    if not parts:
        return []
    pattern = r"\s+".join(re.escape(part) for part in parts)
    return [match.span() for match in re.finditer(pattern, text)]


_WRITTEN = {"ndcg": "nDCG", "mrr": "MRR", "iou": "IoU", "f1": "F1", "rouge": "ROUGE", "l": "L"}


def words(name: str) -> str:
    """Turn a name of code into words: `context_recall` to `context recall`, `mrr` to `MRR`."""
    return " ".join(_WRITTEN.get(word, word) for word in name.split("_"))
