"""Answer notes: what went otherwise than planned, and nothing else."""

from dataclasses import replace

from app.answer_notes import answer_notes
from app.growth import Growth
from tests.app.workbench.sample_library import RETURNS, small_chunks
from tests.app.workbench.sample_models import crowded


def test_an_ordinary_answer_has_none() -> None:
    assert answer_notes(Growth(small_chunks().answer(RETURNS))) == []


def test_each_thing_is_a_sentence() -> None:
    answer = crowded().answer(RETURNS)
    assert answer_notes(Growth(answer, restarts=1)) == [
        "The reply broke off once and was begun anew.",
        "2 of 4 passages did not fit into the model's window and were left out: 3, 4.",
        "2 citations pointed at no passage and were removed.",
    ]
    one = replace(answer, stray=1, dropped=())
    assert answer_notes(Growth(one)) == ["1 citation pointed at no passage and was removed."]
    assert "broke off 3 times" in answer_notes(Growth(one, restarts=3))[0]
