"""Tokens of a text, by a tokenizer that params name."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.errors import ParamsError
from pipeline.model_source import hub_name, model_source

Tokenize = Callable[[str], Sequence[int]]


def tokenizer_named(name: str) -> Tokenize:
    """Return the tokenizer `cl100k_base`, or that of a sentence-transformers model.

    No text but blanks counts nothing: LlamaIndex drops pieces without tokens, such as the
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
