"""One Case's Scores: retrieval, words, citations and abstention, without a judge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval.answers.answers import CaseAnswer
from eval.cases.case import Case
from eval.cases.evidence import Target
from eval.cases.span import Located, size
from eval.params import ScoreParams
from eval.scores.metrics import (
    citation_coverage,
    citation_precision,
    exact_match,
    hit_at,
    ideal_gains,
    ndcg_at,
    overlap_targets,
    ranked_gains,
    reciprocal_rank_at,
    token_f1,
    within,
)
from eval.scores.scorecard import Score
from pipeline.answer import Answer

CHARACTER_METRICS = ("context_recall", "context_precision", "context_iou")
RANK_METRICS = ("hit_rate", "mrr", "ndcg")
WORD_METRICS: Mapping[str, Callable[[str, str], float]] = {
    "token_f1": token_f1,
    "exact_match": exact_match,
}
CITATION_METRICS: Mapping[str, Callable[[Answer], float]] = {
    "citation_precision": citation_precision,
    "citation_coverage": citation_coverage,
}
ABSTENTION_METRICS = ("abstention_right", "abstention_wrong")
LOWER_IS_BETTER = frozenset({"abstention_wrong", "noise_sensitivity"})

NO_REFERENCE = "the case has no reference answer"
ABSTAINED = "the answer abstains"
_UNANSWERABLE = "the case is unanswerable"


@dataclass(frozen=True, slots=True)
class Asked:
    """A Case, the Targets that were found for it, and what it got.

    `missing` says why no evidence was found at all; it is None while there are Targets.
    """

    case: Case
    targets: tuple[Target, ...]
    missing: str | None
    answered: CaseAnswer

    @property
    def unanswered(self) -> str | None:
        """Why there is no answer, if there is none."""
        if self.answered.answer is not None:
            return None
        return f"not answered: {self.answered.error}"


def score_retrieval(asked: Asked, params: ScoreParams, depth: int) -> list[Score]:
    """Score the ranking: characters within the budget, and the first `k` ranks."""
    names = CHARACTER_METRICS + RANK_METRICS
    if held_back := not_judged(asked, names):
        return held_back
    if asked.missing:
        return [Score.failed(asked.case.id, name, asked.missing) for name in names]
    found = overlap_targets(within(asked.answered.ranking, params.budget), asked.targets)
    values = zip(CHARACTER_METRICS, (found.recall, found.precision, found.iou), strict=True)
    scores = [Score.of(asked.case.id, name, value) for name, value in values]
    return scores + _score_ranks(asked, params.k, depth)


def score_words(asked: Asked, metrics: Sequence[str]) -> list[Score]:
    """Score the answer's words against the reference; an abstention scores 0, as in SQuAD 2.0."""
    case, answer = asked.case, asked.answered.answer
    names = [name for name in metrics if name in WORD_METRICS]
    if case.answerable and not case.answer.strip():
        return [Score.not_applicable(case.id, name, NO_REFERENCE) for name in names]
    if answer is None or not case.answerable:
        return not_judged(asked, names)
    return [
        Score.of(
            case.id, name, 0.0 if answer.abstained else WORD_METRICS[name](case.answer, answer.text)
        )
        for name in names
    ]


def score_citations(asked: Asked) -> list[Score]:
    """Score the citations of whatever was answered, of an unanswerable Case too.

    An abstention makes no claim that a citation could back: not applicable.
    """
    case_id, answer = asked.case.id, asked.answered.answer
    if answer is None:
        reason = asked.unanswered or ""
        return [Score.failed(case_id, name, reason) for name in CITATION_METRICS]
    if answer.abstained:
        return [Score.not_applicable(case_id, name, ABSTAINED) for name in CITATION_METRICS]
    return [Score.of(case_id, name, measure(answer)) for name, measure in CITATION_METRICS.items()]


def score_abstention(asked: Asked) -> list[Score]:
    """Score abstaining, apart for Cases where it is right and where it is wrong.

    `abstention_right` is 1 on an unanswerable Case that was not answered; `abstention_wrong`
    is 1 on an answerable Case that was not answered, so lower is better.
    """
    case, answer = asked.case, asked.answered.answer
    applies, other = reversed(ABSTENTION_METRICS) if case.answerable else ABSTENTION_METRICS
    kind = "answerable" if case.answerable else "unanswerable"
    left_out = Score.not_applicable(case.id, other, f"the case is {kind}")
    if answer is None:
        return [Score.failed(case.id, applies, asked.unanswered or ""), left_out]
    return [Score.of(case.id, applies, float(answer.abstained)), left_out]


def not_judged(asked: Asked, metrics: Sequence[str]) -> list[Score]:
    """Return the Scores of a Case that has no answer to measure, else none."""
    case = asked.case
    if not case.answerable:
        return [Score.not_applicable(case.id, name, _UNANSWERABLE) for name in metrics]
    if reason := asked.unanswered:
        return [Score.failed(case.id, name, reason) for name in metrics]
    return []


def _score_ranks(asked: Asked, k: int, depth: int) -> list[Score]:
    ranking: Sequence[Located] = asked.answered.ranking
    answer = asked.answered.answer
    if answer is not None and len(answer.passages) > len(ranking):
        # Large chunks: the characters ran out before the ranks that the generator was given.
        ranking = answer.passages
    if len(ranking) < k and size(asked.answered.ranking) >= depth:
        reason = f"answer.depth {depth} holds fewer than score.k {k} passages; raise answer.depth"
        return [Score.failed(asked.case.id, name, reason) for name in RANK_METRICS]
    gains = ranked_gains(ranking[:k], asked.targets)
    values = (
        hit_at(gains, k),
        reciprocal_rank_at(gains, k),
        ndcg_at(gains, ideal_gains(asked.targets), k),
    )
    pairs = zip(RANK_METRICS, values, strict=True)
    return [Score.of(asked.case.id, name, value) for name, value in pairs]
