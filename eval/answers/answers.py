"""Answers: what every Case got, as Parquet."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.answer import Answer, Passage, Sentence
from pipeline.errors import ArtifactError
from pipeline.files import read_table, write_table


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


_PASSAGE = pa.struct(
    [
        ("rank", pa.int64()),
        ("score", pa.float64()),
        ("chunk_id", pa.string()),
        ("document", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("text", pa.string()),
        ("text_hash", pa.string()),
        ("page", pa.int64()),
        ("headings", pa.list_(pa.string())),
        ("ocr_confidence", pa.float64()),
    ]
)
_SENTENCE = pa.struct([("text", pa.string()), ("citations", pa.list_(pa.int64()))])
_RANKED = pa.struct(
    [
        ("document", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("score", pa.float64()),
        ("chunk_id", pa.string()),
        ("text_hash", pa.string()),
    ]
)
_SCHEMA = pa.schema(
    [
        ("case_id", pa.string()),
        ("error", pa.string()),
        ("question", pa.string()),
        ("sentences", pa.list_(_SENTENCE)),
        ("passages", pa.list_(_PASSAGE)),
        ("tokens", pa.int64()),
        ("cost", pa.float64()),
        ("stray", pa.int64()),
        ("dropped", pa.list_(pa.int64())),
        ("ranking", pa.list_(_RANKED)),
    ]
)


def answer_seconds(answers: Sequence[CaseAnswer], part: str) -> list[float]:
    """Return the seconds of one part, such as `retrieve`, for each Case that was answered.

    Seconds differ from run to run, so they never stand in the Parquet.
    """
    return [each.answer.seconds.get(part, 0.0) for each in answers if each.answer is not None]


def write_answers(path: Path, answers: Sequence[CaseAnswer]) -> None:
    """Write answers, a row each, without the seconds they took."""
    rows = [_row(each) for each in answers]
    write_table(path, pa.Table.from_pylist(rows, schema=_SCHEMA))


def read_answers(path: Path) -> list[CaseAnswer]:
    """Read answers back, in the order they were written.

    Raises:
        ArtifactError: the file is missing, broken or of another schema.
    """
    table = read_table(path)
    if table.schema.names != _SCHEMA.names:
        raise ArtifactError(f"{path} does not hold answers; remove it and run `dvc repro`")
    return [_case_answer(row) for row in table.to_pylist()]


def _row(each: CaseAnswer) -> dict[str, Any]:
    answer = asdict(each.answer) if each.answer is not None else {}
    for unsaid in ("seconds", "standalone"):
        answer.pop(unsaid, None)
    ranking = [asdict(ranked) for ranked in each.ranking]
    return {"case_id": each.case_id, "error": each.error, "ranking": ranking, **answer}


def _case_answer(row: Mapping[str, Any]) -> CaseAnswer:
    ranking = tuple(Ranked(**ranked) for ranked in row["ranking"])
    if row["question"] is None:
        return CaseAnswer(row["case_id"], None, ranking, row["error"])
    answer = Answer(
        question=row["question"],
        sentences=tuple(
            Sentence(each["text"], tuple(each["citations"])) for each in row["sentences"]
        ),
        passages=tuple(
            Passage(**{**each, "headings": tuple(each["headings"])}) for each in row["passages"]
        ),
        tokens=row["tokens"],
        cost=row["cost"],
        stray=row["stray"],
        dropped=tuple(row["dropped"]),
    )
    return CaseAnswer(row["case_id"], answer, ranking, row["error"])
