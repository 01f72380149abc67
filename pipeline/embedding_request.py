"""EmbeddingRequest: the texts that an embeddings endpoint is asked for at once."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.prompt_tokens import count_tokens

_TEXTS = 64
_TOKENS = 16_000


@dataclass(slots=True)
class EmbeddingRequest:
    """At most 64 texts of at most 16 000 tokens together; a text of more goes alone."""

    texts: list[str] = field(default_factory=list)
    tokens: int = 0
    """Of cl100k_base."""

    def has_room(self, tokens: int) -> bool:
        """Whether one more text may go with it."""
        return len(self.texts) < _TEXTS and self.tokens + tokens <= _TOKENS


def divide(texts: Sequence[str], max_tokens: int) -> list[EmbeddingRequest]:
    """Divide texts, each cut at `max_tokens`, among requests, in their order."""
    requests: list[EmbeddingRequest] = []
    for text in texts:
        seen, tokens = cut(text, max_tokens)
        if not requests or not requests[-1].has_room(tokens):
            requests.append(EmbeddingRequest())
        requests[-1].texts.append(seen)
        requests[-1].tokens += tokens
    return requests


def cut(text: str, max_tokens: int) -> tuple[str, int]:
    """Return the start of a text that holds `max_tokens` of cl100k_base at most, and how many.

    An endpoint counts with a tokenizer of its own, which for other makers' models gives more or
    fewer. Time does not grow with what is cut off.
    """
    reach = 4 * max_tokens
    while (tokens := count_tokens(text[:reach])) <= max_tokens and reach < len(text):
        reach *= 2
    if tokens <= max_tokens:
        return text, tokens
    ends = range(min(reach, len(text)) + 1)
    end = bisect_right(ends, max_tokens, key=lambda end: count_tokens(text[:end])) - 1
    return text[:end], max_tokens
