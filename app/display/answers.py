"""Answers as people read them: in the terminal, as they are written, and what is to say of them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from pipeline.answer import Answer
from pipeline.endpoints.price import dollars
from pipeline.errors import counted

ABSTAINED = "The documents do not seem to hold an answer."
Pieces = tuple[tuple[str, bool], ...]
"""A text in parts, each with whether it is marked."""

_HALF_CITATION = 8
"""Characters by which text may shrink: a citation that is only half there is taken for text."""
_EXCERPT = 160
_UPDATES_PER_SECOND = 10
_FREE_LINES = 3
"""Of the terminal, so that what grows is never cut off at the bottom."""
_WRITTEN = {"ndcg": "nDCG", "mrr": "MRR", "iou": "IoU", "f1": "F1", "rouge": "ROUGE", "l": "L"}


@dataclass(frozen=True, slots=True)
class StreamedAnswer:
    """An Answer so far; `restarts` counts how often it was begun anew, `whole` ends it."""

    answer: Answer
    restarts: int = 0
    whole: bool = False


def follow_stream(answers: Iterable[Answer]) -> Iterator[StreamedAnswer]:
    """Follow an Answer as it is streamed; the last one is whole.

    An endpoint that breaks off is asked again, and the text begins anew: it is shorter than it
    was, and goes on. Text that shrinks at the very end was taken back, as when a model abstains.
    """
    before: Answer | None = None
    restarts, shrunk = 0, False
    for answer in answers:
        restarts += shrunk
        shrunk = before is not None and len(answer.text) + _HALF_CITATION < len(before.text)
        before = answer
        yield StreamedAnswer(answer, restarts)
    if before is not None:
        yield StreamedAnswer(before, restarts, whole=True)


def show_answer(console: Console, answers: Iterable[Answer]) -> Answer:
    """Print an Answer and return it; a terminal shows it grow, a pipe gets only the whole."""
    stream = follow_stream(answers)
    if console.is_terminal:
        stream = _shown(console, stream)
    *_, last = stream
    console.print(answer_text(last.answer, last.restarts), soft_wrap=True)
    return last.answer


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
        text.append(f"[{passage.rank}] ", style="cyan")
        text.append(f"{passage.place} ({passage.score:.2f})\n", style="bold")
        text.append(f"    {excerpt(passage.text)}\n", style="dim")
    for note in answer_notes(answer, restarts):
        text.append(note + "\n", style="yellow")
    text.append(_took(answer), style="dim")
    return text


def answer_notes(answer: Answer, restarts: int = 0) -> list[str]:
    """Return a sentence for each thing that went otherwise than planned; mostly there is none."""
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


def excerpt(text: str, length: int = _EXCERPT) -> str:
    """Return the beginning of a text on one line, cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rsplit(" ", 1)[0] + " …"


def marked_text(text: str, sentences: Sequence[str]) -> Pieces:
    """Cut a text into (piece, is one of the sentences); the pieces joined are the text.

    A sentence is found where its words follow one another, whatever the white space between.
    """
    patterns = (r"\s+".join(map(re.escape, sentence.split())) for sentence in sentences)
    spans = [
        match.span() for pattern in patterns if pattern for match in re.finditer(pattern, text)
    ]
    pieces: list[tuple[str, bool]] = []
    done = 0
    for start, end in sorted(spans):
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


def words(name: str) -> str:
    """Turn a name of code into words: `context_recall` to `context recall`, `mrr` to `MRR`."""
    return " ".join(_WRITTEN.get(word, word) for word in name.split("_"))


def _shown(console: Console, stream: Iterable[StreamedAnswer]) -> Iterator[StreamedAnswer]:
    """Show a stream as it passes by, and take it from the terminal at its end."""
    with Live(
        _spinner("searching"),
        console=console,
        transient=True,
        refresh_per_second=_UPDATES_PER_SECOND,
    ) as live:
        updated = 0.0
        for so_far in stream:
            if monotonic() - updated >= 1 / _UPDATES_PER_SECOND:
                updated = monotonic()
                live.update(_growing(console, so_far))
            yield so_far


def _growing(console: Console, so_far: StreamedAnswer) -> Group:
    """Return the end of what is written, as much as the terminal has room for."""
    answer = so_far.answer
    text = _taken_as(answer)
    if so_far.restarts:
        text.append("the reply broke off and is begun anew\n", style="yellow")
    _append_sentences(text, answer)
    text.rstrip()
    lines = text.wrap(console, console.width) if text else ()
    reading = f"reading {counted(len(answer.passages), 'passage')}"
    state = "writing" if answer.sentences else reading
    return Group(*lines[-max(1, console.height - _FREE_LINES) :], _spinner(state))


def _spinner(state: str) -> Spinner:
    return Spinner("dots", Text(state, style="dim"))


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


def _took(answer: Answer) -> str:
    seconds = sum(answer.seconds.values())
    tokens = "" if answer.tokens is None else f"{answer.tokens:,} tokens"
    cost = "" if answer.cost is None else dollars(answer.cost)
    time = f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
    return ", ".join(filter(None, (tokens, cost, time)))
