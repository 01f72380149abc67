"""Hashed vectors: texts that share words lie near each other."""

import base64
import hashlib
import math
from array import array
from collections import Counter
from typing import Any

from tests.loopback.call import Call, tokens_in
from tests.loopback.word_overlap import COMMON, words

_PLACES = 8
_COMMON_WEIGHT = 0.2


def vector(text: str, dimension: int) -> list[float]:
    """Return a unit vector of the text's words; one without any points along the first axis."""
    sums = [0.0] * dimension
    for word, times in Counter(words(text)).items():
        weight = math.sqrt(times) * (_COMMON_WEIGHT if word in COMMON else 1.0)
        digest = hashlib.shake_128(word.encode()).digest(3 * _PLACES)
        for place in range(_PLACES):
            at = int.from_bytes(digest[3 * place : 3 * place + 3], "big")
            sums[(at >> 1) % dimension] += weight if at & 1 else -weight
    length = math.sqrt(sum(value * value for value in sums))
    if not length:
        return [1.0] + [0.0] * (dimension - 1)
    return [value / length for value in sums]


def embeddings(call: Call, dimension: int) -> dict[str, Any]:
    """Return the reply to a request for embeddings, as floats or as base64 of float32."""
    wanted = int(call.body.get("dimensions") or dimension)
    packed = call.body.get("encoding_format") == "base64"
    texts = texts_of(call.body["input"])
    rows = []
    for index, text in enumerate(texts):
        values = vector(text, wanted)
        content = base64.b64encode(array("f", values).tobytes()).decode() if packed else values
        rows.append({"object": "embedding", "index": index, "embedding": content})
    spent = sum(map(tokens_in, texts))
    return {
        "object": "list",
        "data": rows,
        "model": call.model,
        "usage": {"prompt_tokens": spent, "total_tokens": spent},
    }


def texts_of(given: Any) -> list[str]:
    """Return the texts of an `input`: a text, several, or lists of token numbers.

    Raises:
        ValueError: there is none, or one is empty.
    """
    if isinstance(given, str) or (given and isinstance(given[0], int)):
        given = [given]
    texts = [item if isinstance(item, str) else " ".join(map(str, item)) for item in given or []]
    if not texts or not all(texts):
        raise ValueError("'input' must hold at least one text, and none that is empty")
    return texts
