import random

import pytest

from pipeline.errors import ReadError
from pipeline.readers.plain_text import PlainTextReader, decode

FRENCH = "Café : la garantie dure cinq ans, réparée à l'été.\nDeuxième ligne : 5 pièces.\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"]
)
def test_text_is_read_in_any_usual_encoding(encoding: str) -> None:
    assert decode(FRENCH.encode(encoding)) == FRENCH


@pytest.mark.parametrize(
    "text",
    [
        "Prix : 5 €",
        "Größe: 12 mm",
        "naïve “quotes” – dash",
        "20 °C ± 5 %",
        "El señor Muñoz visitará Málaga.",
    ],
)
def test_short_western_text_is_not_guessed_to_be_something_exotic(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("保証期間は五年です。ポンプを再起動してください。", "shift_jis"),
        ("Гарантия на насос действует пять лет со дня покупки.", "cp1251"),
    ],
)
def test_other_scripts_are_detected(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_line_ends_become_line_feeds() -> None:
    assert PlainTextReader().read(b"a\r\nb\rc\n").text == "a\nb\nc\n"


def test_binary_content_is_refused_with_a_reason() -> None:
    noise = bytes(random.Random(0).choices(range(1, 256), k=4000))
    with pytest.raises(ReadError, match="no text encoding fits"):
        decode(noise)
    with pytest.raises(ReadError, match="NUL"):
        decode(b"\x7fELF\0\0\0")
