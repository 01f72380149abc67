"""What one ranking is worth: the measures of a question, whatever set it is from.

Of whole Documents nDCG counts a passage of each judged Document once. Of spans, as Chroma's, each
chunk that shares a character with a wanted span gains 1, and the ideal ranks all such chunks first:
it compares retrievers on one and the same chunks. Chunkers are compared by the wanted characters
that a fixed number of retrieved ones holds.
"""

from collections.abc import Callable, Sequence

from eval.cases.evidence import Target
from eval.cases.span import Located, size, touches
from eval.scores.metrics import (
    hit_at,
    ideal_gains,
    ndcg_at,
    overlap_targets,
    ranked_gains,
    recall_at,
    reciprocal_rank_at,
    within,
)
from pipeline.answer import Passage
from pipeline.retrieval.ranking import Retriever

RANKS = 10
BUDGET = 4000
"""Characters, the default of `score.budget`."""

Values = dict[str, float]
Measure = Callable[[Retriever, str, tuple[Target, ...]], Values]


def measure_documents(retriever: Retriever, question: str, targets: tuple[Target, ...]) -> Values:
    """Measure a ranking of Documents that are one chunk each."""
    gains = ranked_gains(retriever.retrieve(question, RANKS), targets)
    return {
        "nDCG@10": ndcg_at(gains, ideal_gains(targets), RANKS),
        "hit@5": hit_at(gains, 5),
        "MRR@5": reciprocal_rank_at(gains, 5),
        "recall@3": recall_at(gains, len(targets), 3),
        "MRR@3": reciprocal_rank_at(gains, 3),
    }


def span_measure(chunks: Sequence[Located]) -> Measure:
    """Return what measures a ranking of these chunks against spans."""

    def measure(retriever: Retriever, question: str, targets: tuple[Target, ...]) -> Values:
        ranking = _deep_enough(retriever, question)
        gains = [float(_wanted(each, targets)) for each in ranking[:RANKS]]
        ideal = [1.0] * sum(_wanted(each, targets) for each in chunks)
        return {
            "nDCG@10": ndcg_at(gains, ideal, RANKS),
            "MRR@5": reciprocal_rank_at(gains, 5),
            "recall": overlap_targets(within(ranking, BUDGET), targets).recall,
        }

    return measure


def _deep_enough(retriever: Retriever, question: str) -> Sequence[Passage]:
    depth = RANKS
    while True:
        passages = retriever.retrieve(question, depth)
        if len(passages) < depth or size(passages) >= BUDGET:
            return passages
        depth *= 2


def _wanted(chunk: Located, targets: Sequence[Target]) -> bool:
    return any(touches(chunk, span) for target in targets for span in target.spans)
