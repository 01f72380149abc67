"""Tokens of a prompt, counted as cl100k_base does."""

import base64
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import PrerequisiteError

if TYPE_CHECKING:
    from tiktoken import Encoding

# SHA-1 of the address that tiktoken would download the table from.
_TABLE = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
# How cl100k_base divides a text before it looks for pairs: tiktoken_ext/openai_public.py.
_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)


def count_tokens(text: str) -> int:
    """Return how many tokens a text takes, with marks such as `<|endoftext|>` as plain text.

    Models of other makers count otherwise, by up to a quarter for most languages.

    Raises:
        PrerequisiteError: the package that carries the table is not installed.
    """
    return len(_encoding().encode_ordinary(text))


@lru_cache(maxsize=1)
def _encoding() -> "Encoding":
    """Read the table from LlamaIndex's package, which is found but not imported."""
    from tiktoken import Encoding

    ranks = {}
    for line in _table().read_bytes().splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    return Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})


def _table() -> Path:
    spec = find_spec("llama_index")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        table = Path(folder, "core", "_static", "tiktoken_cache", _TABLE)
        if table.is_file():
            return table
    raise PrerequisiteError(
        "no table of cl100k_base to count tokens with: run `pip install llama-index-core`"
    )


def encodable(text: str) -> str:
    """Replace lone surrogates, such as a terminal hands over for bytes that are not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
