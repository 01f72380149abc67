"""Citation metrics: whether an answer cites, and whether its citations point at a passage.

They look at the answer's form alone and need neither a reference nor a language model: whether
a cited passage supports its sentence is for `faithfulness` to say.
"""

from eval.answers import CaseAnswer
from eval.score import Score
from pipeline.answer import Answer

CITATION_METRICS = ("citation_precision", "citation_coverage")


def citation_precision(answer: Answer) -> float:
    """Return the share of all citations that point at a passage of the answer.

    Those that pointed nowhere, and were therefore removed, count among all. An answer that cites
    nothing has none that could be followed: 0.
    """
    ranks = {passage.rank for passage in answer.passages}
    made = [rank for sentence in answer.sentences for rank in sentence.citations]
    every = len(made) + answer.stray
    return sum(rank in ranks for rank in made) / every if every else 0.0


def citation_coverage(answer: Answer) -> float:
    """Return the share of the sentences that cite a passage of the answer."""
    ranks = {passage.rank for passage in answer.passages}
    citing = sum(any(rank in ranks for rank in each.citations) for each in answer.sentences)
    return citing / len(answer.sentences) if answer.sentences else 0.0


def score_citations(answered: CaseAnswer) -> list[Score]:
    """Score the citations of whatever was answered, of an unanswerable Case too.

    An abstention makes no claim that a citation could back: not applicable.
    """
    answer = answered.answer
    if answer is None:
        reason = f"not answered: {answered.error}"
        return [Score.failed(answered.case_id, name, reason) for name in CITATION_METRICS]
    if answer.abstained:
        reason = "the answer abstains"
        return [Score.not_applicable(answered.case_id, name, reason) for name in CITATION_METRICS]
    return [
        Score.of(answered.case_id, "citation_precision", citation_precision(answer)),
        Score.of(answered.case_id, "citation_coverage", citation_coverage(answer)),
    ]
