import pytest

from eval.answers.comparison import compare_answers
from pipeline.answer import Answer, Passage, Sentence


def passage(rank: int, document: str, start: int, end: int, text_hash: str = "") -> Passage:
    own = text_hash or f"{document}{start}{end}"
    return Passage(rank, 0.5, own, document, start, end, "", own, None, ())


def answer(*parts: Passage | str, question: str = "q?") -> Answer:
    sentences = tuple(Sentence(part, ()) for part in parts if isinstance(part, str))
    passages = tuple(part for part in parts if isinstance(part, Passage))
    return Answer(question, sentences, passages)


def test_passages_are_shared_by_all_some_or_none() -> None:
    whole, half = passage(1, "a.md", 0, 400), passage(1, "a.md", 100, 300)
    copy = passage(2, "b.md", 0, 50, text_hash="same")
    again = passage(2, "c.md", 70, 120, text_hash="same")
    alone = passage(3, "b.md", 900, 950)
    found = compare_answers([answer(whole, copy), answer(half, again), answer(half, alone)])
    marks = [
        [(each.sharing, each.others) for each in each_answer.passages]
        for each_answer in found.answers
    ]
    assert marks == [
        [("all", (1, 2)), ("some", (1,))],
        [("all", (0, 2)), ("some", (0,))],
        [("all", (0, 1)), ("one", ())],
    ]
    assert found.answers[0].passages_shared("some") == 1
    assert not found.same_passages


def test_a_short_overlap_is_not_the_same_passage() -> None:
    left, right = passage(1, "a.md", 0, 100), passage(1, "a.md", 60, 160)
    assert compare_answers([answer(left), answer(right)]).answers[0].passages[0].sharing == "one"


def test_sentences_are_the_same_but_for_typography() -> None:
    found = compare_answers(
        [
            answer("L\u2019\u00e9cran s\u2019allume.", "Then wait."),
            answer("L'\u00e9cran  s'allume."),
        ]
    )
    assert [each.sharing for each in found.answers[0].sentences] == ["all", "one"]
    assert not found.same_text


def test_equal_answers_and_two_abstentions_are_the_same() -> None:
    assert compare_answers([answer("Yes."), answer("Yes.")]).same_text
    both = compare_answers([answer(), answer()])
    assert both.same_text
    assert both.same_passages


@pytest.mark.parametrize("count", [1, 5])
def test_two_to_four_answers_can_be_compared(count: int) -> None:
    with pytest.raises(ValueError, match="2 to 4"):
        compare_answers([answer()] * count)


def test_answers_to_different_questions_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="same question"):
        compare_answers([answer(), answer(question="other?")])
