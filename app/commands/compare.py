"""`winnow compare`: one question to several Versions, side by side in the terminal."""

from difflib import get_close_matches
from typing import Annotated

import typer
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel

from app.commands.options import WorkspaceOption
from app.display.answers import answer_text
from app.display.scorecards import short_id
from app.library import named_version, open_library
from app.workspace.workspace import find_workspace
from eval.answers.comparison import Comparison, compare_answers
from pipeline.errors import DataError

VersionsArgument = Annotated[list[str], typer.Argument(help="Starts of two to four version ids.")]
QuestionOption = Annotated[
    str | None, typer.Option("--question", "-q", help="What to ask; or --case ID.")
]
CaseOption = Annotated[str | None, typer.Option("--case", help="Id of a Case to ask.")]


def compare(
    versions: VersionsArgument,
    question: QuestionOption = None,
    case: CaseOption = None,
    root: WorkspaceOption = None,
) -> None:
    """Ask Versions the same question, and say what they share."""
    if not 2 <= len(versions) <= 4:
        raise DataError(f"{len(versions)} given: compare takes two to four Versions")
    with open_library(find_workspace(root)) as library:
        chosen = [named_version(version, library.ledger) for version in versions]
        if len(set(chosen)) < len(chosen):
            raise DataError(f"{' '.join(versions)}: one Version stands there twice; name others")
        asked = _question(question, case, {each.id: each.question for each in library.cases})
        answers = [library.answerer(version).answer(asked) for version in chosen]
    console = Console(highlight=False)
    console.print(asked, style="bold")
    width = max(38, console.width // len(chosen) - 2)
    panels = [
        Panel(answer_text(answer), title=short_id(version), width=width)
        for version, answer in zip(chosen, answers, strict=True)
    ]
    console.print(Columns(panels))
    for line in _shared(compare_answers(answers), chosen):
        console.print(line)


def _shared(comparison: Comparison, versions: list[str]) -> list[str]:
    """Say what the answers share and what only one found."""
    lines = ["all say the same" if comparison.same_text else "the answers differ"]
    if comparison.same_passages:
        return [*lines, "all found the same passages"]
    for version, column in zip(versions, comparison.answers, strict=True):
        lines.append(
            f"{short_id(version)}: passages shared by all {column.passages_shared('all')}, "
            f"found by it alone {column.passages_shared('one')}"
        )
    return lines


def _question(question: str | None, case: str | None, known: dict[str, str]) -> str:
    if case is not None:
        if question is not None:
            raise DataError("--question and --case: give one of the two")
        if case not in known:
            close = get_close_matches(case, known, n=3) or list(known)[:3]
            hint = f"there are {', '.join(close)} …" if known else "this workspace has no Cases"
            raise DataError(f"there is no Case {case!r}; {hint}")
        return known[case]
    if question is None or not question.strip():
        raise DataError("nothing to ask: give --question TEXT or --case ID")
    return question
