import subprocess
import sys
import time

import pytest

from pipeline.chunking.splitter import tokenizer_named
from pipeline.text.tokens import count_tokens


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The warranty is two years.",
        "  indented\n\n\tcode()",
        "Größe 12345 保証は二年です 👩‍🔬",
        "a'LL",
    ],
)
def test_it_counts_as_the_chunker_does(text: str) -> None:
    assert count_tokens(text) == len(tokenizer_named("cl100k_base")(text))


def test_marks_of_a_model_are_text() -> None:
    assert count_tokens("<|endoftext|>") > 1


def test_a_text_without_blanks_takes_no_time() -> None:
    started = time.perf_counter()
    assert count_tokens("x" * 100_000) > 10_000
    assert time.perf_counter() - started < 2


def test_llama_index_is_not_imported() -> None:
    code = (
        "import sys; from pipeline.text.tokens import count_tokens; count_tokens('x')\n"
        "sys.exit('llama_index' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
