import pytest
import Stemmer

from pipeline.text.language import (
    STOP_WORDS,
    chunk_terms,
    frequent_words,
    language_of,
    question_terms,
    split_words,
)

SENTENCES = {
    "english": "The warranty of the pump lasts for five years and is not to be renewed.",
    "french": "La garantie de la chaudière dure dix ans et ne peut pas être prolongée.",
    "german": "Die Garantie für die Pumpe gilt fünf Jahre und wird nicht verlängert.",
    "spanish": "La garantía de la bomba dura cinco años y no se puede renovar por el cliente.",
    "italian": "La garanzia della pompa è di cinque anni e non si può rinnovare con gli altri.",
    "portuguese": "A garantia da bomba é de cinco anos e não pode ser renovada pelo cliente.",
    "dutch": "De garantie van de pomp duurt vijf jaar en wordt niet verlengd door het bedrijf.",
    "swedish": "Garantin för pumpen gäller i fem år och den är inte möjlig att förlänga.",
    "polish": "Gwarancja na pompę jest ważna przez pięć lat i nie można jej przedłużyć.",
    "russian": "Гарантия на насос действует пять лет и не может быть продлена.",
    "turkish": "Pompa için garanti beş yıl ve bu süre daha sonra uzatılamaz.",
    "finnish": "Pumpun takuu on viisi vuotta ja se ei ole uusittavissa, mutta sen voi ostaa.",
}


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
def test_a_sentence_tells_its_language(language: str, text: str) -> None:
    assert language_of(split_words(text)) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "E-4471 KT-X630 1200 W",
        "保証期間は五年です。",
        "Bảo hành máy bơm kéo dài năm năm kể từ ngày mua hàng tại cửa hàng",
        "Brisa",
    ],
)
def test_what_tells_no_language_has_none(text: str) -> None:
    assert language_of(split_words(text)) is None


def test_every_language_has_a_stemmer_and_enough_words() -> None:
    assert set(STOP_WORDS) <= set(Stemmer.algorithms())
    assert all(len(words) >= 20 for words in STOP_WORDS.values())
    for language, words in STOP_WORDS.items():
        assert all(split_words(word) == [word] for word in words), language


def test_a_question_loses_frequent_words_of_its_own_language_only() -> None:
    both = ("english", "french")
    assert "la" in frequent_words(["où", "est", "la", "garantie"], both)
    assert "die" not in frequent_words(["does", "the", "pump", "die"], ("english", "german"))
    assert frequent_words(["garantie", "pompe"], both) == frozenset()
    assert frequent_words(["the", "pump"], ()) == frozenset()
    tied = frequent_words(["on"], both)
    assert {"the", "les"} <= tied


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
