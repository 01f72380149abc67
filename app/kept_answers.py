"""Kept answers: what a Version answered to Cases when it was scored, for reports to show."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eval.answers import CaseAnswer, read_answers
from eval.case import Case
from eval.identity import read_identity
from eval.scorecard import Scorecard
from pipeline.errors import EndpointError, WinnowError

if TYPE_CHECKING:
    from pipeline.answerer import Answerer
    from pipeline.endpoints import Endpoints

_ANSWERS = "answers.parquet"
_META = "meta.json"


def kept_answers(
    card: Scorecard, folders: Iterable[Mapping[str, Path]]
) -> dict[str, CaseAnswer] | None:
    """Return the answers behind a Scorecard by Case id, from the first folder that holds them."""
    for files in folders:
        try:
            if _META in files:
                made = read_identity(files[_META])
                if (made.version, made.engine, made.cases) != _made(card):
                    continue
            return {each.case_id: each for each in read_answers(files[_ANSWERS])}
        except (KeyError, WinnowError):
            continue
    return None


def answers_again(
    answerer: "Answerer", cases: Sequence[Case], endpoints: "Endpoints"
) -> dict[str, CaseAnswer]:
    """Ask some Cases again and spend nothing: a reply that is not stored leaves its Case out.

    The engine and the Version are those that were scored, so the answers are too.
    """
    answers: dict[str, CaseAnswer] = {}
    with endpoints.stored_only():
        for case in cases:
            try:
                answers[case.id] = CaseAnswer(case.id, answerer.answer(case.question))
            except EndpointError:
                continue
            except Exception as error:
                reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
                answers[case.id] = CaseAnswer(case.id, None, error=reason)
    return answers


def _made(card: Scorecard) -> tuple[str, str, str]:
    return card.version, card.engine, card.cases.hash
