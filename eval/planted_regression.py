"""Planted regressions: rankings of a real Version made worse in a known way, at some severity."""

from collections.abc import Iterator, Sequence

import numpy as np

from eval.calibration import Scores
from eval.chunking_layout import Question
from eval.place import Place
from eval.retrieval_metric import overlap, within
from pipeline.digest import hash_of

Ranking = Sequence[Place]

METRICS = ("context_recall", "context_precision", "context_iou")

LOST = (0.05, 0.1, 0.2, 0.4)
CUT = (0.75, 0.5, 0.25)
SHUFFLED = (8, 10, 15)


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


def drop_passages(rankings: Sequence[Ranking], share: float) -> list[list[Place]]:
    """Return rankings as if a share of the chunks, 0..1, had never been indexed.

    Which chunks are lost depends on their place alone, so a larger share loses the same and more.
    """
    return [[each for each in ranking if _draw(each) >= share] for ranking in rankings]


def shuffle_passages(rankings: Sequence[Ranking], depth: int, seed: int) -> list[list[Place]]:
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
    return dict(zip(METRICS, columns, strict=True))


def _draw(place: Place) -> float:
    """Return a number in 0..1 that depends on the place alone."""
    return int(hash_of([place.document, place.start, place.end])[:8], 16) / 16**8
