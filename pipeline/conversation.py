"""Conversation: what was asked and answered before, and a follow-up without it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and the text of its answer, empty when it abstained."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Standalone:
    """A follow-up as a question that can be understood alone, and what making it took."""

    question: str
    tokens: int | None = None
    cost: float | None = None
