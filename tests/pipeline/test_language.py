import pytest
import Stemmer

from pipeline.language import STOP_WORDS, frequent_words, language_of
from pipeline.term import split_words

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
