"""Metrics: of retrieval on characters and on ranks, of an answer's words, and of its citations.

The character metrics follow Chroma's chunking evaluation (Smith and Troynikov, "Evaluating
Chunking Strategies for Retrieval", 2024): a chunker is judged by which characters it brings,
so chunks of any size compare. Chroma takes a fixed number of chunks, which rewards large ones;
`within` cuts the ranking at a fixed number of characters instead.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eval.cases.evidence import Target
from eval.cases.span import Located, Span, shared, size, touches, union
from pipeline.answer import Answer

_ENGLISH_ARTICLES = frozenset({"a", "an", "the"})


@dataclass(frozen=True, slots=True)
class Overlap:
    """Characters retrieved (each delivery counts), wanted (each once), and those that are both.

    `relevant` are the wanted characters among the retrieved, alternative spans included;
    without alternatives it equals `covered`.
    """

    covered: int
    relevant: int
    retrieved: int
    wanted: int

    @property
    def recall(self) -> float:
        """Covered over wanted characters."""
        return self.covered / self.wanted if self.wanted else 0.0

    @property
    def precision(self) -> float:
        """Relevant over retrieved characters, 0 if nothing was retrieved."""
        return self.relevant / self.retrieved if self.retrieved else 0.0

    @property
    def iou(self) -> float:
        """Covered characters over retrieved ones and wanted ones that were missed."""
        denominator = self.retrieved + self.wanted - self.covered
        return self.covered / denominator if denominator else 0.0


def overlap(retrieved: Sequence[Located], wanted: Sequence[Located]) -> Overlap:
    """Compare retrieved with wanted spans, character by character.

    Chroma's definitions: recall = |R ∩ G| / |G|, precision = |R ∩ G| / Σ|r|, IoU = |R ∩ G| /
    (Σ|r| + |G| - |R ∩ G|), where R and G are the unions and a character retrieved twice counts
    twice in Σ|r|. Chroma counts a character that two references share twice in |G|; here once.
    """
    gold = union(wanted)
    covered = shared(union(retrieved), gold)
    return Overlap(covered, covered, size(retrieved), size(gold))


def overlap_targets(retrieved: Sequence[Located], targets: Sequence[Target]) -> Overlap:
    """Compare retrieved spans with Targets, each of which several spans may satisfy.

    Recall and IoU take, for each Target, the span that is covered best (the largest share of
    its characters; the first among equals). Precision counts a character as relevant if it lies
    in any span of any Target. Hence IoU ≤ min(recall, precision).
    """
    brought = union(retrieved)

    def covered(span: Span) -> float:
        return shared(brought, union([span])) / len(span) if len(span) else 0.0

    chosen = [max(target.spans, key=covered) for target in targets]
    every = [span for target in targets for span in target.spans]
    plain = overlap(retrieved, chosen)
    return Overlap(plain.covered, shared(brought, union(every)), plain.retrieved, plain.wanted)


def within(ranking: Sequence[Located], budget: int) -> list[Span]:
    """Return what `budget` characters of a ranking bring: passages in order, the last cut to fit.

    A character that two passages share is delivered, and paid for, twice.
    """
    spans: list[Span] = []
    for passage in ranking:
        if budget <= 0:
            break
        length = min(budget, max(0, passage.end - passage.start))
        spans.append(Span(passage.document, passage.start, passage.start + length))
        budget -= length
    return spans


def ranked_gains(ranking: Sequence[Located], targets: Sequence[Target]) -> list[int]:
    """Return the gain at each rank: the grades of the Targets that it is the first to touch.

    A passage touches a Target if they share a character, in whichever of its spans. A second
    passage of the same Target gains nothing, so that finer chunks earn no more than coarse ones.
    """
    untouched = list(targets)
    gains = []
    for passage in ranking:
        met = [each for each in untouched if any(touches(passage, at) for at in each.spans)]
        gains.append(sum(target.grade for target in met))
        untouched = [target for target in untouched if target not in met]
    return gains


def ideal_gains(targets: Sequence[Target]) -> list[int]:
    """Return the grades sorted, one Target a rank: the ideal that nDCG divides by.

    A passage that touches several Targets at once can do better; `ndcg_at` caps at 1.
    """
    return sorted((target.grade for target in targets), reverse=True)


def dcg_at(gains: Sequence[float], k: int) -> float:
    """Discounted cumulative gain of the first k ranks, with linear gains as in trec_eval."""
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:k], start=1))


def ndcg_at(gains: Sequence[float], ideal: Sequence[float], k: int) -> float:
    """DCG over the DCG of the ideal order, both at k, at most 1; 0 if there is nothing to gain."""
    best = dcg_at(sorted(ideal, reverse=True), k)
    return min(1.0, dcg_at(gains, k) / best) if best else 0.0


def hit_at(gains: Sequence[float], k: int) -> float:
    """Return 1 if one of the first k ranks gains anything, else 0."""
    return float(any(gain > 0 for gain in gains[:k]))


def reciprocal_rank_at(gains: Sequence[float], k: int) -> float:
    """Return 1 over the first rank, up to k, that gains anything; 0 if there is none."""
    return next((1.0 / rank for rank, gain in enumerate(gains[:k], start=1) if gain > 0), 0.0)


def recall_at(gains: Sequence[float], relevant: int, k: int) -> float:
    """Return the share of `relevant` items, one a rank, that the first k ranks hold."""
    return sum(gain > 0 for gain in gains[:k]) / relevant if relevant else 0.0


def answer_tokens(text: str) -> list[str]:
    """Return the words of a text as SQuAD compares them, in any script and language.

    SQuAD's normalisation lower-cases, drops punctuation and English articles. Here Unicode's
    punctuation and symbols part words instead of vanishing (`l'écran` is `l`, `écran`, and
    `30-day` is `30`, `day`), except between digits (`3.5`, `1,000`); accents are kept.
    French articles are kept: `l`, `la` and `les` are also pronouns.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    parted = "".join(_word_character(folded, at) for at in range(len(folded)))
    return [word for word in parted.split() if word not in _ENGLISH_ARTICLES]


def token_f1(reference: str, answer: str) -> float:
    """Return the F1 of the answer's words against the reference's, counted as multisets.

    Rajpurkar et al., "SQuAD", 2016. Two texts without any word are equal; one is not.
    """
    wanted, given = answer_tokens(reference), answer_tokens(answer)
    if not wanted or not given:
        return float(wanted == given)
    common = sum((Counter(wanted) & Counter(given)).values())
    return 2.0 * common / (len(wanted) + len(given))


def exact_match(reference: str, answer: str) -> float:
    """Return 1 if both texts have the same words in the same order, else 0."""
    return float(answer_tokens(reference) == answer_tokens(answer))


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


def _word_character(text: str, at: int) -> str:
    character = text[at]
    if unicodedata.category(character)[0] not in "PS":
        # A soft hyphen or a zero-width space stands inside a word.
        return "" if unicodedata.category(character) == "Cf" else character
    before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    inside_number = character in ".," and before.isdigit() and after.isdigit()
    return character if inside_number else " "
