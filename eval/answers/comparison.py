"""Comparison: what two to four Answers to one question share, and what each has alone."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from eval.cases.normal_text import normalise
from eval.cases.span import shared, size, union
from pipeline.answer import Answer, Passage, Sentence

Sharing = Literal["all", "some", "one"]
PartT = TypeVar("PartT", Passage, Sentence)

_MOST = 4


@dataclass(frozen=True, slots=True)
class Shared(Generic[PartT]):
    """A part of one Answer, and the other Answers (by position) that have the same."""

    part: PartT
    others: tuple[int, ...]
    sharing: Sharing


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """One Answer with each of its passages and sentences marked."""

    answer: Answer
    passages: tuple[Shared[Passage], ...]
    sentences: tuple[Shared[Sentence], ...]

    def passages_shared(self, sharing: Sharing) -> int:
        """Count the passages that all, some or no other Answers have."""
        return Counter(each.sharing for each in self.passages)[sharing]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The Answers, marked, in the order given."""

    answers: tuple[MarkedAnswer, ...]

    @property
    def same_text(self) -> bool:
        """Whether all Answers say the same sentences in the same order, or all abstain."""
        said = {tuple(map(_said, each.answer.sentences)) for each in self.answers}
        return len(said) == 1

    @property
    def same_passages(self) -> bool:
        """Whether every passage is shared by all."""
        return all(each.sharing == "all" for answer in self.answers for each in answer.passages)


def compare_answers(answers: Sequence[Answer]) -> Comparison:
    """Mark what is shared among two to four Answers to the same question.

    Passages are the same if their text is, or if they stand in the same document and share at
    least half of the shorter one: chunks of different sizes cover the same ground. Sentences
    are the same if they differ in typography alone. "some" needs three Answers or more.

    Raises:
        ValueError: there are fewer than two or more than four Answers, or several questions.
    """
    if not 2 <= len(answers) <= _MOST:
        raise ValueError(f"2 to {_MOST} answers can be compared, not {len(answers)}")
    if len({answer.question for answer in answers}) > 1:
        raise ValueError("only answers to the same question can be compared")
    passages = [each.passages for each in answers]
    sentences = [each.sentences for each in answers]
    return Comparison(
        tuple(
            MarkedAnswer(
                answer,
                tuple(_marked(passages, own, same_passage)),
                tuple(_marked(sentences, own, same_sentence)),
            )
            for own, answer in enumerate(answers)
        )
    )


def same_passage(left: Passage, right: Passage) -> bool:
    """Say whether two passages have equal text or overlap by half of the shorter one."""
    if left.text_hash == right.text_hash:
        return True
    common = shared(union([left]), union([right]))
    return common > 0 and 2 * common >= min(size([left]), size([right]))


def same_sentence(left: Sentence, right: Sentence) -> bool:
    """Say whether two sentences differ in typography alone."""
    return _said(left) == _said(right)


def _marked(
    parts: Sequence[tuple[PartT, ...]], own: int, same: Callable[[PartT, PartT], bool]
) -> Iterator[Shared[PartT]]:
    for part in parts[own]:
        others = tuple(
            position
            for position, theirs in enumerate(parts)
            if position != own and any(same(part, other) for other in theirs)
        )
        everyone: Sharing = "all" if len(others) == len(parts) - 1 else "some"
        yield Shared(part, others, everyone if others else "one")


def _said(sentence: Sentence) -> str:
    return normalise(sentence.text).strip()
