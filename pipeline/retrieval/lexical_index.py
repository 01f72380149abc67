"""Lexical index: BM25 over the chunks' terms, weighted by bm25s and read from the disk as needed.

A chunk's weight for a term is Lucene's variant of BM25 (Robertson and Zaragoza, "The Probabilistic
Relevance Framework", 2009). Terms are kept as hashes, sorted, so that nothing is parsed on opening.
"""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.files import broken, check_complete, read_json, write_json
from pipeline.params import IndexParams
from pipeline.tables import map_array, write_array
from pipeline.text.language import Terms, chunk_terms, language_of, question_terms, split_words

CARD = "lexical.json"
ARRAYS = ("terms.npy", "starts.npy", "rows.npy", "weights.npy")

_SATURATION = 0.6
_LENGTH = 0.75
_SHARES = {"words": 1.0, "pairs": 0.4, "parts": 0.15}
"""What a question's term counts for by its kind: measured, see docs/retrieval.md."""
_LEAST_SHARE = 0.02
"""A language of fewer chunks is taken for a mistake."""


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Finds chunks by their words.

    Term number t stands in the chunks `rows[starts[t]:starts[t + 1]]` with the `weights` there.
    """

    chunks: int
    languages: tuple[str, ...]
    part: int
    terms: NDArray[np.uint64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of chunks."""
        return self.chunks

    def scores(self, question: str) -> NDArray[np.float32]:
        """Return a score by row, shape [chunks]; 0 where a chunk shares no term with it."""
        found = question_terms(split_words(question), self.languages, self.part)
        scores = np.zeros(self.chunks, dtype=np.float32)
        for kind, share in _SHARES.items():
            # A term counts once, however often a question repeats it.
            hashes = {_hash(f"{kind} {term}") for term in set(getattr(found, kind))}
            for number in self._numbers(hashes):
                held = slice(self.starts[number], self.starts[number + 1])
                scores[self.rows[held]] += np.float32(share) * self.weights[held]
        return scores

    def _numbers(self, hashes: set[int]) -> list[int]:
        """Return the numbers of those terms that the index holds, in its order."""
        if not len(self.terms):
            return []
        wanted = np.array(sorted(hashes), dtype=np.uint64)
        places = np.minimum(np.searchsorted(self.terms, wanted), len(self.terms) - 1)
        numbers: list[int] = places[self.terms[places] == wanted].tolist()
        return numbers


def build_lexical_index(texts: Sequence[str], params: IndexParams) -> LexicalIndex:
    """Index the chunks' texts, by row; each is taken for a text in one language."""
    words = [split_words(text) for text in texts]
    spoken = _spoken(words)
    memory: dict[str, int] = {}
    hashes = [
        _chunk_hashes(chunk_terms(each, language, params.part), memory)
        for each, language in zip(words, spoken, strict=True)
    ]
    languages = tuple(sorted({language for language in spoken if language is not None}))
    terms = np.array(sorted(set(memory.values())), dtype=np.uint64)
    starts, rows, weights = _weigh(hashes, terms)
    return LexicalIndex(len(texts), languages, params.part, terms, starts, rows, weights)


def write_lexical_index(folder: Path, index: LexicalIndex) -> None:
    """Write the index as files of a folder, each whole or not at all."""
    for name in ARRAYS:
        write_array(folder / name, getattr(index, Path(name).stem))
    card = {"chunks": index.chunks, "languages": list(index.languages), "part": index.part}
    write_json(folder / CARD, card)


def read_lexical_index(files: Mapping[str, Path]) -> LexicalIndex:
    """Open an index from its files by name; the arrays stay on the disk.

    Raises:
        ArtifactError: a file is missing or broken, or they do not belong together.
    """
    check_complete(files, (CARD, *ARRAYS), "lexical index")
    card = read_json(files[CARD])
    # As plain arrays: numpy's class for mapped files costs a quarter of a search.
    arrays = {Path(name).stem: np.asarray(map_array(files[name])) for name in ARRAYS}
    try:
        index = LexicalIndex(
            int(card["chunks"]), tuple(map(str, card["languages"])), int(card["part"]), **arrays
        )
    except (KeyError, TypeError, ValueError):
        raise broken(files[CARD], "it does not describe a lexical index") from None
    if not _belong_together(index):
        raise broken(files[CARD], "its arrays do not belong together")
    return index


def _spoken(words: Sequence[Sequence[str]]) -> list[str | None]:
    """Return each chunk's language: where it tells none, the one that most of them are in."""
    found = [language_of(each) for each in words]
    counts = Counter(language for language in found if language is not None)
    common = min(counts, key=lambda language: (-counts[language], language), default=None)
    if common is None:
        common = language_of([word for each in words for word in each])
    least = _LEAST_SHARE * counts.total()
    return [each if each is not None and counts[each] >= least else common for each in found]


def _chunk_hashes(found: Terms, memory: dict[str, int]) -> NDArray[np.uint64]:
    hashes = []
    for kind in _SHARES:
        for term in getattr(found, kind):
            key = f"{kind} {term}"
            if key not in memory:
                memory[key] = _hash(key)
            hashes.append(memory[key])
    return np.array(hashes, dtype=np.uint64)


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8"), digest_size=8).digest(), "little")


def _weigh(
    hashes: Sequence[NDArray[np.uint64]], terms: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Return starts, rows and weights of the postings of each term, in the terms' order."""
    if not len(terms):
        return np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)
    import bm25s

    model = bm25s.BM25(k1=_SATURATION, b=_LENGTH, method="lucene", csc_backend="numpy")
    found: dict[str, Any] = model.build_index_from_ids(
        list(range(len(terms))),
        # An array of a chunk's numbers takes a tenth of a list of them.
        [array("i", np.searchsorted(terms, row).tolist()) for row in hashes],
        show_progress=False,
    )
    return (
        found["indptr"].astype(np.int64),
        found["indices"].astype(np.int32),
        found["data"].astype(np.float32),
    )


def _belong_together(index: LexicalIndex) -> bool:
    kinds = (index.terms.dtype.kind, index.starts.dtype.kind, index.rows.dtype.kind)
    return (
        (*kinds, index.weights.dtype.kind) == ("u", "i", "i", "f")
        and len(index.starts) == len(index.terms) + 1
        and int(index.starts[-1]) == len(index.rows) == len(index.weights)
    )
