import pytest

from pipeline.document import Document
from pipeline.readers.marked_text import find_headings
from pipeline.sentence_unit import sentence_units
from pipeline.token_counter import tokenizer_named


def _units(text: str) -> list[str]:
    document = Document("", "a.md", "", "", "", text, (), find_headings(text))
    spans = sentence_units(document, tokenizer_named("cl100k_base"))
    return [text[start:end] for start, end in spans]


LONG = "The pump runs all night and all day."
OTHER = "The valve opens slowly and closes fast."


def test_a_unit_is_a_sentence() -> None:
    assert _units(f"{LONG} {OTHER}\n\n{LONG}") == [LONG, OTHER, LONG]


@pytest.mark.parametrize("crumb", ["1.", "---", "Yes.", "| 12 | 14.5 | 1200 | 7 |", "2019 2020"])
def test_a_crumb_joins_the_sentence_that_follows(crumb: str) -> None:
    assert _units(f"{OTHER}\n\n{crumb}\n\n{LONG}") == [OTHER, f"{crumb}\n\n{LONG}"]


def test_headings_join_the_sentence_that_follows_them() -> None:
    assert _units(f"# Pump\n\n## 1. Night\n\n{LONG} {OTHER}") == [
        f"# Pump\n\n## 1. Night\n\n{LONG}",
        OTHER,
    ]


def test_a_crumb_never_crosses_the_heading_that_follows() -> None:
    assert _units(f"{LONG}\nYes.\n\n## Valve\n\n{OTHER}") == [
        f"{LONG}\nYes.",
        f"## Valve\n\n{OTHER}",
    ]
    assert _units(f"## Pump\n\nYes.\n\n## Valve\n\n{OTHER}") == [
        "## Pump\n\nYes.",
        f"## Valve\n\n{OTHER}",
    ]


def test_what_nothing_follows_joins_the_sentence_before() -> None:
    assert _units(f"{LONG} Yes.") == [f"{LONG} Yes."]
    assert _units(f"{LONG}\n\n# Contact\n") == [f"{LONG}\n\n# Contact"]


@pytest.mark.parametrize("text", ["Pump", "# Pump\n\n## Valve", "1.\n\n2."])
def test_a_document_of_crumbs_is_one_unit(text: str) -> None:
    assert _units(text) == [text]


def test_chinese_sentences_are_units() -> None:
    assert _units("本手册说明热泵的安装。请保留收据与包装箱！") == [
        "本手册说明热泵的安装。",
        "请保留收据与包装箱！",
    ]
