"""Size splitter: a text to spans of at most so many tokens, which cover it."""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from pipeline.errors import ArtifactError, ParamsError
from pipeline.export.loading import hub_name, model_source
from pipeline.text.sentences import Span

_MOST_CHAINS = 500


def locate_parts(text: str, parts: Sequence[str], *, overlap: bool) -> list[Span] | None:
    """Return the half-open spans of consecutive, stripped parts; without `overlap`, disjoint.

    Starts and ends increase, and the union of the spans covers every character that is not
    blank. A part that only repeats what its neighbour holds is left out. None if the parts
    do not fit the text, or repeat so much that too many chains stay possible.
    """
    first = skip_blanks(text, 0)
    if not parts or not text.startswith(parts[0], first):
        return None
    kept, chains = [parts[0]], [{first: -1}]
    for part in parts[1:]:
        following = _following(text, chains[-1], kept[-1], part, overlap=overlap)
        if len(following) > _MOST_CHAINS:
            return None
        if following:
            kept.append(part)
            chains.append(following)
        elif part not in kept[-1]:
            return None
    return _chain(text, chains, kept)


def _following(
    text: str, starts: dict[int, int], part: str, following: str, *, overlap: bool
) -> dict[int, int]:
    """Map each possible start of the following part to a start of the part before it."""
    found: dict[int, int] = {}
    for start in sorted(starts):
        end = start + len(part)
        last = skip_blanks(text, end)
        for candidate in _occurrences(text, following, start if overlap else last, last):
            if candidate + len(following) > end:
                found[candidate] = start
    return found


def _occurrences(text: str, part: str, first: int, last: int) -> Iterator[int]:
    position = text.find(part, first, last + len(part))
    while position >= 0:
        yield position
        position = text.find(part, position + 1, last + len(part))


def _chain(text: str, parents: list[dict[int, int]], parts: Sequence[str]) -> list[Span] | None:
    """Follow the chain that reaches the end of the text back to its start."""
    length = len(text.rstrip())
    ends = [start for start in parents[-1] if start + len(parts[-1]) == length]
    if not ends:
        return None
    start, spans = ends[0], []
    for part, known in zip(reversed(parts), reversed(parents), strict=True):
        spans.append((start, start + len(part)))
        start = known[start]
    # A part that its successor repeats from the start on says nothing of its own.
    followed = zip(spans, [None, *spans], strict=False)
    return [span for span, after in followed if after is None or span[0] < after[0]][::-1]


def skip_blanks(text: str, position: int) -> int:
    """Return the first position from `position` on that holds no blank, or the text's length."""
    while position < len(text) and text[position].isspace():
        position += 1
    return position


Tokenize = Callable[[str], Sequence[int]]


def tokenizer_named(name: str) -> Tokenize:
    """Return the tokenizer `cl100k_base`, or that of a sentence-transformers model.

    No text but blanks counts nothing: LlamaIndex drops parts without tokens, such as the
    combining marks that a model's tokenizer leaves out.

    Raises:
        ParamsError: there is no tokenizer of that name.
    """
    if name == "cl100k_base":
        from llama_index.core.utils import get_tokenizer

        tokenize: Tokenize = get_tokenizer()
        return tokenize
    return _model_tokenizer(name)


def _model_tokenizer(name: str) -> Tokenize:
    from tokenizers import Tokenizer

    source = model_source(name)
    try:
        file = Path(source) / "tokenizer.json"
        if file.is_file():
            tokenizer = Tokenizer.from_file(str(file))
        else:
            tokenizer = Tokenizer.from_pretrained(hub_name(source))
    except Exception as error:
        raise ParamsError(
            f"`chunk.tokenizer` is {name!r}: no such tokenizer ({str(error).splitlines()[0]}); "
            "use cl100k_base, all-MiniLM-L6-v2 or a model folder with a tokenizer.json"
        ) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def tokenize(text: str) -> Sequence[int]:
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        return ids or [0] * bool(text.strip())

    return tokenize


Split = Callable[[str], list[str]]
"""Text to parts without blanks at their ends."""
Kind = Literal["recursive", "token"]
"""`recursive` cuts at paragraphs, sentences and words, in that order; `token` at words alone."""


class SizeSplitter:
    """Cuts texts through LlamaIndex's splitters.

    The spans are found by our own search, and one whose overlap is more than allowed in the
    tokenizer's own count begins a few words later.
    """

    def __init__(
        self, size: int, overlap: int, tokenize: Tokenize, kind: Kind = "recursive"
    ) -> None:
        self._size = size
        self._overlap = overlap
        self._tokenize = tokenize
        self._kind = kind

    @cached_property
    def _split(self) -> Split:
        return _splitter(self._kind, self._size, self._overlap, self._tokenize)

    @cached_property
    def _split_apart(self) -> Split:
        return _splitter(self._kind, self._size, 0, self._tokenize)

    def spans(self, text: str) -> list[Span]:
        """Return half-open spans, in order, that increase and begin and end with no blank.

        Raises:
            ArtifactError: LlamaIndex gave back another text.
        """
        if not text.strip():
            return []
        overlap = self._overlap > 0
        spans = locate_parts(text, self._split(text), overlap=overlap)
        if spans is None and overlap:
            # A text that repeats itself without end leaves too many ways to overlap.
            log = logging.getLogger("winnow")
            log.warning("chunk: no overlap in %r …: it repeats too much", text[:40])
            spans = locate_parts(text, self._split_apart(text), overlap=False)
        if spans is None:
            raise ArtifactError(f"the splitter changed the text {text[:60]!r}: it cannot be cut")
        return self._trimmed(text, spans)

    def spans_within(self, text: str, span: Span) -> list[Span]:
        """Return the spans of a part of a text, as positions in the text."""
        start, end = span
        return [(start + first, start + last) for first, last in self.spans(text[start:end])]

    def _trimmed(self, text: str, spans: list[Span]) -> list[Span]:
        """Begin spans later where they repeat too much; one that its successor holds goes."""
        trimmed: list[Span] = []
        for start, end in spans:
            first = self._later(text, start, trimmed)
            while trimmed and first <= trimmed[-1][0]:
                trimmed.pop()
                first = self._later(text, start, trimmed)
            trimmed.append((first, end))
        return trimmed

    def _later(self, text: str, start: int, before: list[Span]) -> int:
        """Return the first word from `start` on that repeats no more tokens than allowed."""
        previous_end = before[-1][1] if before else start
        while start < previous_end and self._repeats_too_much(text[start:previous_end]):
            word = re.compile(r"\s\S").search(text, start, previous_end)
            start = word.end() - 1 if word else skip_blanks(text, previous_end)
        return start

    def _repeats_too_much(self, repeated: str) -> bool:
        return len(self._tokenize(repeated)) > self._overlap


def _splitter(kind: Kind, size: int, overlap: int, tokenize: Tokenize) -> Split:
    from llama_index.core.node_parser import SentenceSplitter, TokenTextSplitter

    if kind == "token":
        token = TokenTextSplitter(chunk_size=size, chunk_overlap=overlap, tokenizer=tokenize)
        return _stripped(token.split_text)
    sentence = SentenceSplitter(
        chunk_size=size,
        chunk_overlap=overlap,
        tokenizer=tokenize,
        paragraph_separator="\n\n",
    )
    return _stripped(sentence.split_text)


def _stripped(split: Split) -> Split:
    return lambda text: [stripped for part in split(text) if (stripped := part.strip())]
