"""Comparison: what two to four Answers to one question share, and what each has alone."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from eval.cases.normal_text import normalise
from pipeline.answer import Answer, Passage, Sentence

Sharing = Literal["all", "some", "one"]

_MOST = 4
_Part = TypeVar("_Part", Passage, Sentence)


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """A passage of one Answer, and the other Answers (by position) that have the same."""

    passage: Passage
    others: tuple[int, ...]
    sharing: Sharing


@dataclass(frozen=True, slots=True)
class SharedSentence:
    """A sentence of one Answer, and the other Answers (by position) that say the same."""

    sentence: Sentence
    others: tuple[int, ...]
    sharing: Sharing


@dataclass(frozen=True, slots=True)
class Column:
    """One Answer with each of its passages and sentences marked."""

    answer: Answer
    passages: tuple[SharedPassage, ...]
    sentences: tuple[SharedSentence, ...]

    def passages_shared(self, sharing: Sharing) -> int:
        """Count the passages that all, some or no other Answers have."""
        return Counter(each.sharing for each in self.passages)[sharing]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A Column for each Answer, in the order given."""

    columns: tuple[Column, ...]

    @property
    def same_text(self) -> bool:
        """Whether all Answers say the same sentences in the same order, or all abstain."""
        return len({_said(column.answer) for column in self.columns}) == 1

    @property
    def same_passages(self) -> bool:
        """Whether every passage is shared by all."""
        return all(each.sharing == "all" for column in self.columns for each in column.passages)


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
    return Comparison(tuple(_column(answers, own) for own in range(len(answers))))


def same_passage(left: Passage, right: Passage) -> bool:
    """Say whether two passages have equal text or overlap by half of the shorter one."""
    if left.text_hash == right.text_hash:
        return True
    common = min(left.end, right.end) - max(left.start, right.start)
    shorter = min(left.end - left.start, right.end - right.start)
    return left.document == right.document and common > 0 and 2 * common >= shorter


def same_sentence(left: Sentence, right: Sentence) -> bool:
    """Say whether two sentences differ in typography alone."""
    return normalise(left.text).strip() == normalise(right.text).strip()


def _column(answers: Sequence[Answer], own: int) -> Column:
    answer = answers[own]
    passages = []
    for passage in answer.passages:
        others = _others(passage, [each.passages for each in answers], own, same_passage)
        passages.append(SharedPassage(passage, others, _sharing(others, len(answers))))
    sentences = []
    for sentence in answer.sentences:
        others = _others(sentence, [each.sentences for each in answers], own, same_sentence)
        sentences.append(SharedSentence(sentence, others, _sharing(others, len(answers))))
    return Column(answer, tuple(passages), tuple(sentences))


def _others(
    part: _Part, parts: list[tuple[_Part, ...]], own: int, same: Callable[[_Part, _Part], bool]
) -> tuple[int, ...]:
    return tuple(
        position
        for position, theirs in enumerate(parts)
        if position != own and any(same(part, other) for other in theirs)
    )


def _sharing(others: tuple[int, ...], answers: int) -> Sharing:
    if not others:
        return "one"
    return "all" if len(others) == answers - 1 else "some"


def _said(answer: Answer) -> tuple[str, ...]:
    return tuple(normalise(sentence.text).strip() for sentence in answer.sentences)
