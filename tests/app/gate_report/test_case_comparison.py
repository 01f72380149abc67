from app.gate_report.case_comparison import evidence_texts, given_answers
from eval.case import Case, Evidence
from tests.app.gate_report.sample_verdict import QUOTE, answer, case, passage

CASE = case(1)
HELD = passage(1, f"Before. {QUOTE} from the day of purchase.")
OTHER = passage(2, "Something else.", start=900)


def test_passages_that_one_side_found_alone_are_marked() -> None:
    old, new = given_answers(CASE, answer("c", "a", HELD, OTHER), answer("c", "a", OTHER))
    assert old is not None
    assert new is not None
    assert [each.alone for each in old.passages] == [True, False]
    assert [each.alone for each in new.passages] == [False]


def test_a_passage_that_holds_the_quote_or_half_of_it_is_evidence() -> None:
    half = passage(3, "…ty lasts five years and more", start=2000)
    old, _ = given_answers(CASE, answer("c", "a", HELD, OTHER, half), None)
    assert old is not None
    assert [each.evidence for each in old.passages] == [True, False, True]
    assert not any(each.alone for each in old.passages)


def test_where_the_whole_document_is_evidence_any_passage_of_it_is() -> None:
    whole = Case.model_validate(
        {**CASE.model_dump(), "evidence": [Evidence(document="warranty.md").model_dump()]}
    )
    _, new = given_answers(whole, None, answer("c", "a", OTHER, passage(2, "x", "other.md")))
    assert new is not None
    assert [each.evidence for each in new.passages] == [True, False]
    assert evidence_texts(whole) == ("warranty.md",)


def test_an_answer_that_is_not_at_hand_is_none() -> None:
    assert given_answers(CASE, None, None) == (None, None)
    assert evidence_texts(CASE) == (f"warranty.md: “{QUOTE}”",)
