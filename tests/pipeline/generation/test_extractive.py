from typing import Any

import pytest

from pipeline.answer import Generation, Passage, Standalone, Turn
from pipeline.generation.extractive import ExtractiveGenerator, coverage, exact_strings, terms
from tests.fakes import BagOfWordsEncoder
from tests.support.models import model_params

SETTINGS: dict[str, Any] = {
    "generator": "extractive",
    "sentences": 3,
    "lexical": 0.0,
    "margin": 2.0,
    "threshold": 0.1,
    "exact": False,
}


def _passage(rank: int, text: str, document: str = "a.md") -> Passage:
    return Passage(rank, 0.5, str(rank), document, 0, len(text), text, text, None, ())


def _generator(**changes: Any) -> ExtractiveGenerator:
    return ExtractiveGenerator(BagOfWordsEncoder(), model_params(**{**SETTINGS, **changes}))


def _generate(question: str, *texts: str, **changes: Any) -> Generation:
    passages = [_passage(rank, text) for rank, text in enumerate(texts, start=1)]
    return _generator(**changes).generate(question, passages)


def _texts(generation: Generation) -> list[str]:
    return [sentence.text for sentence in generation.sentences]


def test_the_closest_sentence_is_taken_and_cited() -> None:
    generation = _generate(
        "when does the pump stop",
        "A blue light means network. Green is fine today.",
        "The valve is red. When cold does the pump stop.",
        sentences=1,
    )
    [sentence] = generation.sentences
    assert sentence.text == "When cold does the pump stop."
    assert sentence.citations == (2,)
    assert generation.tokens is None
    assert generation.cost is None


def test_sentences_stand_in_the_order_of_the_passages() -> None:
    generation = _generate(
        "pump stops cold",
        "The pump is new here. Zinc pump stops often.",
        "When cold the pump stops.",
    )
    assert _texts(generation) == [
        "The pump is new here.",
        "Zinc pump stops often.",
        "When cold the pump stops.",
    ]
    assert [sentence.citations for sentence in generation.sentences] == [(1,), (1,), (2,)]


def test_equal_sentences_are_said_once_and_cite_both_passages() -> None:
    generation = _generate(
        "how long does the pump last",
        "The pump lasts five years. Other words stand here.",
        "Elsewhere it is green today.",
        "- THE PUMP  lasts\nfive years.",
        sentences=1,
    )
    [sentence] = generation.sentences
    assert sentence.text == "The pump lasts five years."
    assert sentence.citations == (1, 3)


def test_nothing_close_enough_is_an_abstention() -> None:
    assert _generate("who won the cup", "Valves leak water.", threshold=0.9) == Generation(())
    assert _generate("who won the cup") == Generation(())
    assert _generate("", "Valves leak water.") == Generation(())


def test_a_margin_keeps_distant_sentences_out() -> None:
    texts = ("the pump stops.", "the valve leaks often.")
    assert len(_generate("the pump stops", *texts).sentences) == 2
    assert _texts(_generate("the pump stops", *texts, margin=0.1)) == ["the pump stops."]


@pytest.mark.parametrize(
    "text",
    [
        "# Pump stops often",
        "Why does the pump stop?",
        "**Does the pump stop?**",
        "Der Pumpe？",
        "Pump",
        "1.",
        "1. Pump",
        "| --- | --- | --- | --- |",
        "----- ----- -----",
        "",
    ],
)
def test_headings_questions_and_scraps_are_no_answers(text: str) -> None:
    assert _generate("pump stops often why does the", text, threshold=-1.0) == Generation(())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- Open the valve.", "Open the valve."),
        ("2) Open the valve.", "Open the valve."),
        ("E-4471: frozen", "E-4471: frozen"),
        ("保証期間は五年です。", "保証期間は五年です。"),
    ],
)
def test_list_items_codes_and_other_scripts_are_answers(text: str, said: str) -> None:
    assert _texts(_generate("valve", text, threshold=-1.0)) == [said]


def test_a_code_that_no_passage_names_is_an_abstention() -> None:
    text = "The error E-4471 means a frozen pump."
    assert _generate("What does E-9999 mean?", text, threshold=-1.0).sentences
    assert not _generate("What does E-9999 mean?", text, threshold=-1.0, exact=True).sentences
    assert _generate("What does e-4471 mean?", text, threshold=-1.0, exact=True).sentences


def test_two_runs_give_the_same_answer() -> None:
    texts = [f"The pump number {row} stops. It leaks too much." for row in range(20)]
    assert _generate("does the pump stop", *texts) == _generate("does the pump stop", *texts)


def test_half_a_character_in_a_question_is_no_error() -> None:
    assert isinstance(_generate("caf\udce9 pump", "The pump stops."), Generation)


def test_a_heading_or_a_label_is_no_answer() -> None:
    passage = "Garantie en France\nDurées de garantie\nLa garantie en France dure cinq ans."
    [sentence] = _generate("garantie en France", passage).sentences
    assert sentence.text == "La garantie en France dure cinq ans."


def test_it_streams_its_answer_in_one_piece() -> None:
    generator = _generator()
    passages = [_passage(1, "The pump stops.")]
    whole = generator.generate("pump", passages)
    assert whole.sentences
    assert list(generator.stream("pump", passages)) == [whole]


def test_a_follow_up_stays_as_it_is() -> None:
    generator = _generator()
    history = [Turn("What is the pump?", "A machine.")]
    assert generator.standalone("And the valve?", history) == Standalone("And the valve?")


def test_terms_match_over_inflection_case_and_accents() -> None:
    assert terms("Die RÉPARATION") & terms("reparations")
    assert "the" not in terms("the pump")
    assert terms("") == frozenset()


def test_codes_are_exact_strings_and_words_and_numbers_are_not() -> None:
    assert exact_strings("Error E-4471 on the KT-X630, 25 bar") == {"e-4471", "kt-x630"}


def test_coverage_is_a_share() -> None:
    wanted = terms("warranty pumps E-4471")
    assert coverage(wanted, wanted) == 1.0
    assert coverage(wanted, frozenset()) == 0.0
    assert coverage(frozenset(), wanted) == 0.0
    assert 0.0 < coverage(wanted, terms("warranty")) < coverage(wanted, terms("E-4471")) < 1.0
