from collections.abc import Sequence

from eval.answers import CaseAnswer
from eval.frozen_passages import FrozenPassages
from pipeline.answer import Answer, Passage, Sentence
from tests.judged_answers import judged


class Quoting:
    """Answers with the text of the first passage."""

    def generate(self, question: str, passages: Sequence[Passage]) -> Answer:
        return Answer(question, (Sentence(passages[0].text, (1,)),), tuple(passages))


def test_a_question_is_answered_from_the_passages_that_it_got() -> None:
    given = judged().answer
    frozen = FrozenPassages(Quoting(), [CaseAnswer("c", given), CaseAnswer("d", None, error="x")])
    passages = frozen.retrieve(given.question)
    assert tuple(passages) == given.passages
    assert frozen.generate(given.question, passages).text == given.passages[0].text
    assert frozen.rank(given.question, 1000) == []
