from pathlib import Path

import pytest

from pipeline.errors import ParamsError
from pipeline.token_counter import tokenizer_named


@pytest.mark.parametrize(("name", "count"), [("cl100k_base", 6), ("all-MiniLM-L6-v2", 6)])
def test_tokens_are_counted_without_marks_of_begin_and_end(name: str, count: int) -> None:
    tokenize = tokenizer_named(name)
    assert len(tokenize("The pump must be reset.")) == count
    assert len(tokenize("")) == 0


@pytest.mark.parametrize("name", ["cl100k_base", "all-MiniLM-L6-v2"])
@pytest.mark.parametrize("text", ["\u0301", "\u200d", "<|endoftext|>", "a\0b", "word " * 3000])
def test_no_text_counts_nothing_and_none_is_refused(name: str, text: str) -> None:
    assert len(tokenizer_named(name)(text)) >= len(text.split())


@pytest.mark.parametrize("name", ["/gone/folder", "no-such-model", "a b"])
def test_an_unknown_tokenizer_is_one_line_with_the_fix(name: str) -> None:
    with pytest.raises(ParamsError, match="use cl100k_base, all-MiniLM") as caught:
        tokenizer_named(name)
    assert f"`chunk.tokenizer` is {name!r}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_tokenizer_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ParamsError, match="use cl100k_base"):
        tokenizer_named(str(tmp_path))
