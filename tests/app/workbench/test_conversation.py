"""Conversation: each Version knows the questions, and its own answers."""

from app.workbench.answer_column import Column
from app.workbench.conversation import NOTHING_SAID
from app.workbench.scored_version import scored_versions
from pipeline.conversation import Turn
from tests.app.workbench.sample_library import PRICE, RETURNS, large_chunks, record, small_chunks

SMALL, LARGE = scored_versions([record("small", 120, 0, 0.8), record("large", 400, 1, 0.7)], None)


def test_the_first_question_follows_nothing() -> None:
    assert NOTHING_SAID.questions == []
    assert NOTHING_SAID.history(SMALL.id) == ()


def test_each_version_has_its_own_answers() -> None:
    small, large = small_chunks().answer(RETURNS), large_chunks().answer(RETURNS)
    said = NOTHING_SAID.and_then(
        RETURNS, [Column("A", SMALL, answer=small), Column("B", LARGE, answer=large)]
    )
    assert said.history(SMALL.id) == (Turn(RETURNS, small.text),)
    assert said.history(LARGE.id) == (Turn(RETURNS, large.text),)


def test_who_failed_was_stopped_or_abstained_knows_the_question_alone() -> None:
    abstained, half = small_chunks().answer(PRICE), small_chunks().answer(RETURNS)
    said = NOTHING_SAID.and_then(PRICE, [Column("A", SMALL, answer=abstained)])
    said = said.and_then(RETURNS, [Column("A", SMALL, answer=half, stopped=True)])
    said = said.and_then("Why?", [Column("A", SMALL, fault="no key")])
    assert said.history(SMALL.id) == (Turn(PRICE, ""), Turn(RETURNS, ""), Turn("Why?", ""))
    assert said.history("joined later") == said.history(SMALL.id)


def test_a_long_conversation_forgets_its_beginning() -> None:
    said = NOTHING_SAID
    for number in range(50):
        said = said.and_then(f"question {number}", [])
    assert said.questions[-1] == "question 49"
    assert len(said.questions) == 20
