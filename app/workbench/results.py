"""Results: the question, what the answers share, and a column for each chosen Version."""

from collections.abc import Sequence
from urllib.parse import urlencode

from markupsafe import Markup

from app.workbench.answer_column import Column, answer_column
from app.workbench.difference import Difference, difference_of
from app.workbench.rendering import render, short
from eval.case import Case
from pipeline.answer import Answer


def results(
    question: str,
    columns: Sequence[Column],
    case: Case | None,
    panel: str = "",
    earlier: Sequence[str] = (),
) -> str:
    """Render the answers so far.

    Args:
        question: what was asked.
        columns: the chosen Versions, each as far as it has come.
        case: the Case that asks this, or asks the first question of the conversation.
        panel: the HTML of the picked Case, if there is one.
        earlier: the questions that this one follows up on, the first question first.
    """
    answers = {each.slot: each.whole for each in columns if each.whole is not None}
    difference = difference_of(answers)
    busy = any(each.open for each in columns)
    return render(
        "results",
        question=question,
        earlier=earlier,
        busy=busy,
        link=_link(earlier[0] if earlier else question, columns, case),
        summary=_progress(columns) if busy else _summary(columns, answers, difference),
        case=Markup(panel),
        columns=[Markup(answer_column(each, difference)) for each in columns],
    )


def _progress(columns: Sequence[Column]) -> str:
    done = sum(not each.open for each in columns)
    return f"Asking {len(columns)} Version{'s' * (len(columns) > 1)}, {done} done"


def _summary(columns: Sequence[Column], answers: dict[str, Answer], difference: Difference) -> str:
    failures = [f"{each.slot} cannot answer" for each in columns if each.state == "faulty"]
    failures += [f"{each.slot} was stopped" for each in columns if each.state == "stopped"]
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
    """Return the query that opens the workbench with this question and these Versions.

    A follow-up means nothing alone, so the link of a conversation holds its first question.
    """
    asked = {"case": case.id} if case else {"question": question}
    versions = ",".join(short(each.version.id) for each in columns)
    return "?" + urlencode({"versions": versions, **asked})
