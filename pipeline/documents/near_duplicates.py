"""Near-duplicates: pairs of Documents that share most of their text."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from pipeline.documents.document import Document
from pipeline.documents.report import NearDuplicate

_WORDS = 5
"""Words in a shingle, the unit that texts are compared by."""
_PERMUTATIONS = 256
_FOUND = 0.99
_SEED = 7
_BATCH = 1024
# In scripts without blanks between words each character counts as one.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so that multiplying by it modulo 2^64 loses nothing."""

_Shingles = NDArray[np.uint64]


def near_duplicates(documents: Sequence[Document], threshold: float) -> list[NearDuplicate]:
    """Return the pairs at least `threshold` similar, ordered by path.

    A shingle is five words in a row, case and white space folded; a shorter text is compared
    by its words, and one without words with nothing. MinHash proposes the pairs: one at the
    threshold is proposed with a probability of 0.99 (from a threshold of 0.02 on), more similar
    ones more surely, equal texts always. What is proposed is then counted exactly, shingles by
    their 64-bit hash.
    """
    texts = {document.path: document.text for document in documents}
    hash_word = cache(_hash)
    shingles = cache(lambda path: _shingles(texts[path], hash_word))
    sets = ((path, _shingles(texts[path], hash_word)) for path in sorted(texts))
    found = []
    for first, second in sorted(_proposed(sets, threshold)):
        similarity = _jaccard(shingles(first), shingles(second))
        if similarity >= threshold:
            found.append(NearDuplicate(first, second, round(similarity, 3)))
    return found


def _hash(word: str) -> int:
    """Return 64 bits, the same in every process."""
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _shingles(text: str, hash_word: Callable[[str], int]) -> _Shingles:
    """Return the hashes of a text's shingles, each once, in order."""
    words = (hash_word(word.group()) for word in _WORD.finditer(text.casefold()))
    single = np.fromiter(words, np.uint64)
    if len(single) < _WORDS:
        return np.unique(single)
    count = len(single) - _WORDS + 1
    joined = single[:count]
    for place in range(1, _WORDS):
        joined = joined * _FACTOR + single[place : place + count]
    return np.unique(joined)


def _jaccard(first: _Shingles, second: _Shingles) -> float:
    shared = np.intersect1d(first, second, assume_unique=True).size
    return shared / (first.size + second.size - shared)


def _proposed(sets: Iterable[tuple[str, _Shingles]], threshold: float) -> Iterator[tuple[str, str]]:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=_PERMUTATIONS, params=_bands(threshold))
    empty = MinHash(_PERMUTATIONS, seed=_SEED, hashfunc=int, scheme="affine32")
    for path, shingles in sets:
        if not shingles.size:
            continue
        sketch = empty.copy()
        for start in range(0, shingles.size, _BATCH):
            # The scheme takes hashes of 32 bits.
            sketch.update_batch((shingles[start : start + _BATCH] >> np.uint64(32)).tolist())
        yield from ((earlier, path) for earlier in index.query(sketch))
        index.insert(path, sketch)


def _bands(threshold: float) -> tuple[int, int]:
    """Return how many bands of how many rows find a pair at the threshold surely enough.

    A pair of similarity s agrees in one band of r rows with probability s^r (Leskovec,
    Rajaraman, Ullman: Mining of Massive Datasets, 3.4). More rows propose fewer pairs in vain.
    """
    for rows in range(_PERMUTATIONS // 2, 1, -1):
        bands = _PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** bands >= _FOUND:
            return bands, rows
    return _PERMUTATIONS, 1
