"""Results: the question, what the answers share, and a column for each chosen Version."""

from collections.abc import Sequence
from urllib.parse import urlencode

from markupsafe import Markup

from app.workbench.answer_column import Column, answer_column
from app.workbench.difference import Difference, difference_of
from app.workbench.rendering import render, short
from eval.case import Case
from pipeline.answer import Answer


def results(question: str, columns: Sequence[Column], case: Case | None, panel: str = "") -> str:
    """Render the answers so far; `panel` is the HTML of the picked Case, if there is one."""
    answers = {each.slot: each.answer for each in columns if each.answer is not None}
    difference = difference_of(answers)
    faulty = [each.slot for each in columns if each.state == "faulty"]
    open_columns = [each for each in columns if each.state in ("waiting", "asking")]
    return render(
        "results",
        question=question,
        busy=bool(open_columns),
        link=_link(question, columns, case),
        summary=_progress(columns) if open_columns else _summary(answers, faulty, difference),
        case=Markup(panel),
        columns=[Markup(answer_column(each, difference)) for each in columns],
    )


def _progress(columns: Sequence[Column]) -> str:
    done = sum(each.state in ("answered", "faulty") for each in columns)
    return f"Asking {len(columns)} Version{'s' * (len(columns) > 1)}, {done} done"


def _summary(answers: dict[str, Answer], faulty: list[str], difference: Difference) -> str:
    failures = [f"{slot} cannot answer" for slot in faulty]
    if len(answers) < 2:
        return " · ".join(failures)
    parts = [*failures, _agreement(answers, difference)]
    alone = {slot: difference.found_alone(slot) for slot in answers}
    if not any(alone.values()):
        parts.append("the same passages" if len(answers) == 2 else "no passage found by one alone")
    parts += [
        f"{count} passage{'s' * (count != 1)} only in {slot}"
        for slot, count in alone.items()
        if count
    ]
    return " · ".join(parts)


def _agreement(answers: dict[str, Answer], difference: Difference) -> str:
    abstained = [slot for slot, answer in answers.items() if answer.abstained]
    if len(abstained) == len(answers):
        return "All abstained"
    if abstained:
        return f"{' and '.join(abstained)} abstained"
    return "The same answer" if difference.same_text else "The answers differ"


def _link(question: str, columns: Sequence[Column], case: Case | None) -> str:
    """Return the query that opens the workbench with this question and these Versions."""
    asked = {"case": case.id} if case else {"question": question}
    versions = ",".join(short(each.version.id) for each in columns)
    return "?" + urlencode({"versions": versions, **asked})
