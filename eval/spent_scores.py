"""What each Case's answer took, as Scores, so that guards compare it Case by Case."""

from collections.abc import Iterator, Sequence

from eval.answers import CaseAnswer
from eval.score import Score


def spent_scores(answers: Sequence[CaseAnswer]) -> list[Score]:
    """Return `tokens` and `cost` (US dollars) of each Case.

    Both are 0 where no language model was asked, so that a Version without one can be compared
    with a Version that has one. A Case that was not answered, or whose model's price is not
    known, fails.
    """
    return [score for each in answers for score in _spent(each)]


def _spent(each: CaseAnswer) -> Iterator[Score]:
    for name in ("tokens", "cost"):
        if each.answer is None:
            yield Score.failed(each.case_id, name, f"not answered: {each.error}")
            continue
        value = getattr(each.answer, name)
        if value is not None or each.answer.tokens is None:
            yield Score.of(each.case_id, name, float(value or 0.0))
        else:
            yield Score.failed(each.case_id, name, "the model's price is not known")
