"""The layout of Chroma's chunking evaluation, its measures and its published figures.

`corpora/*.md` and `questions_df.csv` with {question, references: JSON [{content, start_index,
end_index}], corpus_id} (Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval", 2024).
"""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from tqdm import tqdm

from eval.cases.span import Span
from eval.gate.calibration import Scores
from eval.scores.case_score import CHARACTER_METRICS
from eval.scores.metrics import overlap, within
from pipeline.errors import DataError
from pipeline.files import hash_of
from pipeline.retrieval.ranking import Retriever

RETRIEVED = 5
"""Chunks that the evaluation retrieves for each question."""

PUBLISHED = {
    ("recursive", 250, 125): (78.7, 4.9, 4.9),
    ("token", 250, 125): (82.4, 3.6, 3.5),
    ("recursive", 250, 0): (78.5, 5.4, 5.4),
    ("token", 250, 0): (77.1, 3.3, 3.3),
    ("recursive", 200, 0): (75.7, 6.5, 6.5),
    ("token", 200, 0): (76.6, 4.1, 4.1),
}
"""Method, size, overlap to recall, precision and IoU in percent, all-MiniLM-L6-v2."""

Ranking = Sequence[Span]

LOST = (0.05, 0.1, 0.2, 0.4)
CUT = (0.75, 0.5, 0.25)
SHUFFLED = (8, 10, 15)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the spans of a corpus that answer it."""

    text: str
    references: tuple[Span, ...]


def read_questions(folder: Path) -> tuple[Question, ...]:
    """Read the questions; a corpus id names the document `ID.md`.

    Raises:
        DataError: a file is missing, a row is broken, or there are no questions.
    """
    path = folder / "questions_df.csv"
    if not path.is_file() or not (folder / "corpora").is_dir():
        raise DataError(f"{folder} lacks corpora/*.md or questions_df.csv, Chroma's layout")
    csv.field_size_limit(sys.maxsize)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            questions = tuple(_question(row) for row in csv.DictReader(file))
    except KeyError as error:
        raise DataError(f"{path} is broken: a row lacks {error}") from None
    except (TypeError, ValueError, csv.Error) as error:
        raise DataError(f"{path} is broken: {error}") from None
    if not questions:
        raise DataError(f"{path} holds no questions")
    for document in sorted({span.document for each in questions for span in each.references}):
        if not (folder / "corpora" / document).is_file():
            raise DataError(f"{path} refers to {document}, which is not in {folder / 'corpora'}")
    return questions


def measure_chunking(retriever: Retriever, questions: Sequence[Question]) -> dict[str, float]:
    """Return recall, precision and IoU in percent, means over the questions."""
    rows = []
    for question in tqdm(questions, desc="benchmark", unit="question", disable=None):
        found = overlap(retriever.retrieve(question.text, RETRIEVED), question.references)
        rows.append((found.recall, found.precision, found.iou))
    means = [100 * fmean(column) for column in zip(*rows, strict=True)]
    return dict(zip(("recall", "precision", "iou"), means, strict=True))


def regressed(
    rankings: Sequence[Ranking], questions: Sequence[Question], budget: int, seed: int
) -> Iterator[tuple[str, Scores]]:
    """Yield each regression's name and scores: chunks lost, the budget cut, passages shuffled."""
    for lost in LOST:
        rest = drop_passages(rankings, lost)
        yield f"{lost:.0%} of the chunks lost", score_rankings(rest, questions, budget)
    for cut in CUT:
        scores = score_rankings(rankings, questions, round(budget * cut))
        yield f"{cut:.0%} of the budget", scores
    for depth in SHUFFLED:
        mixed = shuffle_passages(rankings, depth, seed)
        yield f"first {depth} passages shuffled", score_rankings(mixed, questions, budget)


def drop_passages(rankings: Sequence[Ranking], share: float) -> list[list[Span]]:
    """Return rankings as if a share of the chunks, 0..1, had never been indexed.

    Which chunks are lost depends on their span alone, so a larger share loses the same and more.
    """
    return [[each for each in ranking if _draw(each) >= share] for ranking in rankings]


def shuffle_passages(rankings: Sequence[Ranking], depth: int, seed: int) -> list[list[Span]]:
    """Return rankings with the first `depth` passages of each in an order of chance."""
    generator = np.random.default_rng(seed)
    shuffled = []
    for ranking in rankings:
        head = list(ranking[:depth])
        order = generator.permutation(len(head))
        shuffled.append([*(head[at] for at in order), *ranking[depth:]])
    return shuffled


def score_rankings(
    rankings: Sequence[Ranking], questions: Sequence[Question], budget: int
) -> Scores:
    """Return recall, precision and IoU of what `budget` characters of each ranking bring."""
    rows = []
    for ranking, question in zip(rankings, questions, strict=True):
        found = overlap(within(ranking, budget), question.references)
        rows.append((found.recall, found.precision, found.iou))
    columns = np.array(rows, dtype=np.float64).T
    return dict(zip(CHARACTER_METRICS, columns, strict=True))


def _question(row: dict[str, str]) -> Question:
    document = f"{row['corpus_id']}.md"
    references = json.loads(row["references"])
    spans = (Span(document, int(at["start_index"]), int(at["end_index"])) for at in references)
    return Question(row["question"], tuple(spans))


def _draw(span: Span) -> float:
    """Return a number in 0..1 that depends on the span alone."""
    return int(hash_of([span.document, span.start, span.end])[:8], 16) / 16**8
