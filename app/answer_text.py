"""Answers as text for the terminal."""

from rich.text import Text

from pipeline.answer import Answer, Passage

ABSTAINED = "The documents do not seem to hold an answer."
_EXCERPT = 160


def answer_text(answer: Answer) -> Text:
    """Return the sentences with their citation marks, then the cited passages."""
    text = Text()
    if answer.abstained:
        text.append(ABSTAINED + "\n", style="yellow")
    for sentence in answer.sentences:
        marks = "".join(f"[{rank}]" for rank in sentence.citations)
        text.append(sentence.text + " ").append(marks + "\n", style="cyan")
    text.append("\n")
    shown = answer.cited or answer.passages[:3]
    if answer.abstained and shown:
        text.append("closest passages:\n", style="dim")
    for passage in shown:
        _append_passage(text, passage)
    seconds = sum(answer.seconds.values())
    text.append(f"{seconds * 1000:.0f} ms", style="dim")
    return text


def _append_passage(text: Text, passage: Passage) -> None:
    excerpt = " ".join(passage.text.split())
    if len(excerpt) > _EXCERPT:
        excerpt = excerpt[:_EXCERPT].rsplit(" ", 1)[0] + " …"
    text.append(f"[{passage.rank}] ", style="cyan")
    text.append(f"{passage.place} ({passage.score:.2f})\n", style="bold")
    text.append(f"    {excerpt}\n", style="dim")
