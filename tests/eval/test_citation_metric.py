import pytest

from eval.citation_metric import citation_coverage, citation_precision
from pipeline.answer import Answer, Passage, Sentence

PASSAGES = tuple(Passage(rank, 1.0, "c", "a.md", 0, 9, "text", "h", None, ()) for rank in (1, 2, 3))


def answer(*citations: tuple[int, ...], stray: int = 0) -> Answer:
    sentences = tuple(Sentence("A sentence.", each) for each in citations)
    return Answer("q?", sentences, PASSAGES, stray=stray)


@pytest.mark.parametrize(
    ("given", "precision", "coverage"),
    [
        (answer((1,), (2, 3)), 1.0, 1.0),
        (answer((1,), ()), 1.0, 0.5),
        (answer((1, 2), stray=2), 0.5, 1.0),
        (answer((), stray=1), 0.0, 0.0),
        (answer((), ()), 0.0, 0.0),
        (answer((7,), (1,)), 0.5, 0.5),
    ],
)
def test_citations_are_followed_to_passages(
    given: Answer, precision: float, coverage: float
) -> None:
    assert citation_precision(given) == precision
    assert citation_coverage(given) == coverage
