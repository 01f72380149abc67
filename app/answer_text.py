"""Answers as text for the terminal."""

from rich.text import Text

from app.answer_notes import answer_notes
from app.growth import Growth
from pipeline.answer import Answer, Passage
from pipeline.quantity import dollars

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
