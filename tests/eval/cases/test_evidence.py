import time
from dataclasses import replace

import pytest

from eval.cases.case import Case, Evidence
from eval.cases.evidence import LocatedEvidence, Lookup, Target, locate_evidence
from eval.cases.span import Span
from pipeline.documents.document import Document

RETURNS = "Goods may be returned within 30\u00a0days \u2013 unopened.\n\nRefunds take 5 days."
COPY = "Goods may be returned within 30 days - unopened."


def document(path: str, text: str) -> Document:
    return Document(path, path, "0" * 64, "text/plain", "plain", text)


def case(*evidence: Evidence) -> Case:
    return Case(id="c", question="q?", answer="a", answerable=True, evidence=evidence)


def locate(*evidence: Evidence, texts: dict[str, str]) -> LocatedEvidence:
    documents = [document(path, text) for path, text in texts.items()]
    return locate_evidence([case(*evidence)], documents, 90)


def only(located: LocatedEvidence) -> tuple[Lookup, Target]:
    [lookup], [target] = located.lookups, located.targets["c"]
    return lookup, target


def test_an_exact_quote_is_found_where_it_stands() -> None:
    texts = {"a.md": RETURNS}
    lookup, target = only(locate(Evidence(document="a.md", quote="Refunds take"), texts=texts))
    [span] = target.spans
    assert lookup.how == "exact"
    assert RETURNS[span.start : span.end] == "Refunds take"


def test_a_quote_with_other_typography_is_found_at_the_original_offsets() -> None:
    text = "Cafe\u0301. " + RETURNS
    evidence = Evidence(document="a.md", quote="returned  within 30 days - unopened.\nRefunds")
    lookup, target = only(locate(evidence, texts={"a.md": text}))
    [span] = target.spans
    assert lookup.how == "normalised"
    found = text[span.start : span.end]
    assert found == "returned within 30\u00a0days \u2013 unopened.\n\nRefunds"


def test_a_quote_with_slips_is_found_nearly_and_in_whole_words() -> None:
    texts = {
        "a.md": "Intro. Press and hold the reset button for ten seconds, then release it. End."
    }
    quote = "Press and hold the reset botton for ten seconds, then relase it."
    lookup, target = only(locate(Evidence(document="a.md", quote=quote), texts=texts))
    [span] = target.spans
    assert lookup.how == "fuzzy"
    found = texts["a.md"][span.start : span.end].strip(".")
    assert found == "Press and hold the reset button for ten seconds, then release it"


def test_another_number_is_another_fact() -> None:
    texts = {"a.md": "The hub shows error code E-4211 when the radio module is not answering."}
    quote = "The hub shows error code E-4212 when the radio module is not answering."
    located = locate(Evidence(document="a.md", quote=quote), texts=texts)
    assert [each.how for each in located.orphans] == ["orphan"]
    assert located.targets["c"] == ()


def test_the_same_quote_elsewhere_is_an_alternative() -> None:
    texts = {"a.md": RETURNS, "b.md": "x " + COPY + " And again: " + COPY}
    evidence = Evidence(document="a.md", quote="returned within 30\u00a0days")
    _, target = only(locate(evidence, texts=texts))
    assert [span.document for span in target.spans] == ["a.md", "b.md", "b.md"]


def test_a_part_number_inside_a_longer_one_is_no_alternative() -> None:
    texts = {"a.md": "Part E42 fits.", "b.md": "Part E421 fits; so does XE42."}
    _, target = only(locate(Evidence(document="a.md", quote="E42"), texts=texts))
    assert target.spans == (Span("a.md", 5, 8),)


def test_a_short_quote_prefers_whole_words_in_its_own_document() -> None:
    texts = {"a.md": "E421 then E42."}
    _, target = only(locate(Evidence(document="a.md", quote="E42"), texts=texts))
    assert target.spans == (Span("a.md", 10, 13),)


def test_text_without_spaces_is_found_inside_a_run() -> None:
    texts = {"a.md": "\u4fdd\u8bc1\u671f\u4e3a\u4e24\u5e74"}
    _, target = only(locate(Evidence(document="a.md", quote="\u671f\u4e3a"), texts=texts))
    assert target.spans == (Span("a.md", 2, 4),)


def test_evidence_without_a_quote_is_the_whole_document() -> None:
    lookup, target = only(locate(Evidence(document="a.md", grade=2), texts={"a.md": "abc"}))
    assert lookup.how == "whole document"
    assert target == Target(2, (Span("a.md", 0, 3),))


def test_named_alternatives_join_the_target() -> None:
    other = Evidence(document="b.md", quote="thirty days")
    evidence = Evidence(document="a.md", quote="30 days", alternatives=(other,))
    located = locate(evidence, texts={"a.md": "30 days", "b.md": "thirty days"})
    [target] = located.targets["c"]
    assert target.spans == (Span("a.md", 0, 7), Span("b.md", 0, 11))


@pytest.mark.parametrize(
    ("path", "quote", "reason"),
    [
        ("polices/returns.md", "30 days", "did you mean policies/returns.md?"),
        ("returns.md", "30 days", "did you mean policies/returns.md?"),
        ("elsewhere/returns.md", "30 days", "did you mean policies/returns.md?"),
        ("q9", "30 days", "no document q9, or it could not be read"),
        ("policies/returns.md", "sixty weeks", "the quote is not in policies/returns.md"),
        ("empty.md", None, "holds no text"),
        ("policies/returns.md", "only there", "it stands in other.md"),
    ],
)
def test_an_orphan_says_why(path: str, quote: str | None, reason: str) -> None:
    texts = {"policies/returns.md": "30 days", "empty.md": "", "other.md": "this is only there"}
    [orphan] = locate(Evidence(document=path, quote=quote), texts=texts).orphans
    assert orphan.reason is not None
    assert reason in orphan.reason


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("Refunds take five working dayz", "Refunds take five working days"),
        ("  Refunds toke five working  ", "Refunds take five working"),
        ("unopened goods. Refunds toke", "unopened goods. Refunds take"),
        ("Refunds taake five working", "Refunds take five working"),
        ("taake five working", "take five working"),
        ("take five workimg days, at most", "take five working days, at most"),
    ],
)
def test_a_quote_with_a_slip_is_found_from_word_to_word(quote: str, found: str) -> None:
    text = "Only unopened goods. Refunds take five working days, at most, from then on."
    lookup, target = only(locate(Evidence(document="a.md", quote=quote), texts={"a.md": text}))
    [span] = target.spans
    assert lookup.how == "fuzzy"
    assert text[span.start : span.end] == found


def test_a_quote_that_follows_on_itself_stands_twice() -> None:
    _, target = only(locate(Evidence(document="a.md", quote="保証"), texts={"a.md": "保証保証。"}))
    assert target.spans == (Span("a.md", 0, 2), Span("a.md", 2, 4))


def test_a_document_a_little_shorter_than_the_quote_is_its_evidence_as_a_whole() -> None:
    texts = {"a.md": "Refunds take five working days"}
    quote = "Refunds take five working days."
    lookup, target = only(locate(Evidence(document="a.md", quote=quote), texts=texts))
    assert (lookup.how, target.spans) == ("fuzzy", (Span("a.md", 0, len(texts["a.md"])),))


def test_what_was_located_cannot_be_changed() -> None:
    lookup, target = only(locate(Evidence(document="a.md", quote="30"), texts={"a.md": "30"}))
    for each in (lookup, target):
        with pytest.raises(AttributeError):
            each.__setattr__("spans", ())


def test_a_document_shorter_than_the_quote_is_not_its_evidence() -> None:
    texts = {"a.md": "Refunds"}
    quote = "Refunds take five working days after the goods arrived."
    assert locate(Evidence(document="a.md", quote=quote), texts=texts).orphans


@pytest.mark.slow
def test_hundreds_of_quotes_in_a_large_text_take_seconds() -> None:
    paragraphs = [
        f"Paragraph {n} says that part {n * 7} \u2013 the l\u00e9ger one \u2013 fits."
        for n in range(25_000)
    ]
    documents = [document("big.md", "\n\n".join(paragraphs))]
    cases = [
        Case(
            id=str(n),
            question="q?",
            answer="a",
            answerable=True,
            evidence=(
                Evidence(document="big.md", quote=paragraphs[n * 50].replace("\u2013", "-")),
            ),
        )
        for n in range(470)
    ]
    started = time.perf_counter()
    located = locate_evidence(cases, documents, 90)
    assert not located.orphans
    assert time.perf_counter() - started < 10


def test_a_case_may_name_a_document_by_an_alias_of_it() -> None:
    original = replace(document("a.md", RETURNS), aliases=("copy/a.md",))
    evidence = Evidence(document="copy/a.md", quote="Refunds take")
    lookup, target = only(locate_evidence([case(evidence)], [original], 90))
    assert lookup.how == "exact"
    assert lookup.document == "copy/a.md"
    assert [span.document for span in target.spans] == ["a.md"]
