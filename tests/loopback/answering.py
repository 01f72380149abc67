"""Answering: sentences of the passages that share words with the question, cited."""

import math
from collections import Counter
from dataclasses import dataclass

from tests.loopback.tagged_prompt import TaggedPrompt
from tests.loopback.word_overlap import content, joined, sentences

_LEAST = 0.2
_MARGIN = 0.05
_SENTENCES = 2
_OF_PASSAGE = 0.4

_OFF_TOPIC = (
    "Bananas are grown in warm countries.",
    "The moon is a long way off.",
    "Nobody has ever measured the depth of that lake.",
    "Most chairs have four legs.",
)


@dataclass(frozen=True)
class Candidate:
    score: float
    text: str
    numbers: tuple[int, ...]

    @property
    def cited(self) -> str:
        """The sentence, ended where it has no end, and its citations."""
        end = "" if self.text[-1] in ".!?" else "."
        return f"{self.text}{end} {''.join(f'[{number}]' for number in self.numbers)}"


def good_answer(prompt: TaggedPrompt, repeat: int = 0) -> str:
    """Return the best sentences, cited, or the words for "not found" that the prompt asks for.

    A `repeat` other than 0 begins with another sentence, or has none where there is one only.
    """
    found = candidates(prompt)
    if not found or (len(found) == 1 and repeat % 2):
        return prompt.not_found
    start = repeat % len(found)
    best = found[start]
    kept = [best] + [other for other in found[start + 1 :] if best.score - other.score <= _MARGIN]
    return " ".join(candidate.cited for candidate in kept[:_SENTENCES])


def bad_answer(seed: str) -> str:
    """Return off-topic sentences: one uncited, one citing a passage that is not there."""
    start = int(seed[:4], 16) % len(_OFF_TOPIC)
    first, second = (_OFF_TOPIC[(start + step) % len(_OFF_TOPIC)] for step in (0, 1))
    return f"{first} {second} [97]"


def candidates(prompt: TaggedPrompt) -> list[Candidate]:
    """Return the sentences that share enough of the question's words, best first."""
    asked = content(prompt.question)
    rows: dict[str, list[int]] = {}
    around: dict[str, frozenset[str]] = {}
    for passage in prompt.passages:
        for sentence in sentences(passage.text):
            text = joined([sentence])
            rows.setdefault(text, []).append(passage.number)
            around[text] = around.get(text, frozenset()) | content(passage.text)
    weights = _weights(asked, rows)
    found = []
    for text, numbers in rows.items():
        score = (1 - _OF_PASSAGE) * _share(weights, content(text)) + _OF_PASSAGE * _share(
            weights, around[text]
        )
        if score >= _LEAST and asked & content(text):
            found.append(Candidate(score, text, tuple(sorted(set(numbers)))))
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.numbers))


def _weights(asked: frozenset[str], rows: dict[str, list[int]]) -> dict[str, float]:
    """Return what each word of the question counts: more if few sentences have it."""
    having = Counter(word for text in rows for word in content(text) & asked)
    return {word: math.log(1 + (1 + len(rows)) / (1 + having[word])) for word in sorted(asked)}


def _share(weights: dict[str, float], found: frozenset[str]) -> float:
    everything = sum(weights.values())
    return sum(value for word, value in weights.items() if word in found) / (everything or 1.0)
