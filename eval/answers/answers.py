"""Answers: what every Case got, as Parquet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.answer import Answer, Passage, Sentence
from pipeline.tables import Rows


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage of a deep ranking, without its text; the order is the rank."""

    document: str
    start: int
    end: int
    score: float
    chunk_id: str
    text_hash: str


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """What a Case got: an Answer and a deep ranking, or the reason why there is none."""

    case_id: str
    answer: Answer | None
    ranking: tuple[Ranked, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """A CaseAnswer as it is written; what an Answer holds is None where there is none."""

    case_id: str
    error: str | None
    question: str | None
    sentences: tuple[Sentence, ...] | None
    passages: tuple[Passage, ...] | None
    tokens: int | None
    cost: float | None
    stray: int | None
    dropped: tuple[int, ...] | None
    ranking: tuple[Ranked, ...]


_ROWS = Rows(_Row, "answers")
_OF_ANSWER = ("question", "sentences", "passages", "tokens", "cost", "stray", "dropped")


def answer_seconds(answers: Sequence[CaseAnswer], part: str) -> list[float]:
    """Return the seconds of one part, such as `retrieve`, for each Case that was answered.

    Seconds differ from run to run, so they never stand in the Parquet.
    """
    return [each.answer.seconds.get(part, 0.0) for each in answers if each.answer is not None]


def write_answers(path: Path, answers: Sequence[CaseAnswer]) -> None:
    """Write answers, a row each, without the seconds they took."""
    _ROWS.write(path, map(_row, answers))


def read_answers(path: Path) -> list[CaseAnswer]:
    """Read answers back, in the order they were written.

    Raises:
        ArtifactError: the file is missing, broken or of another schema.
    """
    return [_case_answer(row) for row in _ROWS.read(path)]


def _row(each: CaseAnswer) -> _Row:
    answer: dict[str, Any] = {name: getattr(each.answer, name, None) for name in _OF_ANSWER}
    return _Row(case_id=each.case_id, error=each.error, ranking=each.ranking, **answer)


def _case_answer(row: _Row) -> CaseAnswer:
    held: dict[str, Any] = {name: getattr(row, name) for name in _OF_ANSWER}
    answer = None if row.question is None else Answer(**held)
    return CaseAnswer(row.case_id, answer, row.ranking, row.error)
