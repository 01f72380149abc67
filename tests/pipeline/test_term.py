import pytest

from pipeline.term import chunk_terms, question_terms, split_words


def _chunk(text: str, language: str | None = "english", length: int = 4) -> dict[str, list[str]]:
    found = chunk_terms(split_words(text), language, length)
    return {"words": [*found.words], "pairs": [*found.pairs], "parts": [*found.parts]}


def test_a_chunk_is_found_by_stems_pairs_and_parts() -> None:
    assert _chunk("The pumps are running.") == {
        "words": ["pump", "run"],
        "pairs": ["pump run"],
        "parts": ["_pum", "pump", "umps", "mps_", "_run", "runn", "unni", "nnin", "ning", "ing_"],
    }
    assert _chunk("The pumps are running.", length=0)["parts"] == []


@pytest.mark.parametrize(
    ("text", "language", "stems"),
    [
        ("les garanties", "french", ["garant"]),
        ("der Häuser", "german", ["haus"]),
        ("las garantías", "spanish", ["garant"]),
        ("насосы", "russian", ["насос"]),
        ("warranties", None, ["warranties"]),
    ],
)
def test_stems_are_of_the_language_and_without_accents(
    text: str, language: str | None, stems: list[str]
) -> None:
    assert _chunk(text, language)["words"] == stems


def test_accents_and_their_spelling_make_no_difference() -> None:
    assert _chunk("CHAUDIÈRE", "french") == _chunk("chaudie\u0300re", "french")
    assert _chunk("ﬁlter ４４７１") == _chunk("filter 4471")


def test_scripts_without_blanks_are_found_by_two_characters() -> None:
    assert _chunk("保証期間")["words"] == ["保証", "証期", "期間"]
    assert _chunk("保証期間")["parts"] == ["保", "証", "期", "間"]
    assert _chunk("Wi-Fi接続") == {
        "words": ["接続", "wi", "fi"],
        "pairs": ["wi fi"],
        "parts": ["接", "続", "_wi_", "_fi_"],
    }


def test_signs_of_indic_scripts_stay_in_their_word() -> None:
    assert split_words("हिन्दी में वारंटी।") == ["हिन्दी", "में", "वारंटी"]


def test_a_code_is_found_as_a_pair() -> None:
    assert _chunk("E-4471")["pairs"] == ["e 4471"]


def test_a_question_is_stemmed_in_every_language_of_the_corpus() -> None:
    found = question_terms(split_words("What is a warranty?"), ("english", "french"), 0)
    assert found.words == ("warranti", "warranty")
    assert question_terms(["warranties"], (), 0).words == ("warranties",)


@pytest.mark.parametrize("text", ["", " ", "?", "_", "the of and", "\x00", "caf\udce9 "])
def test_a_text_without_words_has_few_terms_or_none(text: str) -> None:
    assert len(_chunk(text)["words"]) <= 1
