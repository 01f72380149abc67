"""Metrics beside people: good metrics agree, and no threshold is chosen on its own labels."""

import pytest

from eval.benchmarks.agreement_table import (
    MODEL,
    PEOPLE,
    Sample,
    Samples,
    agreement_table,
    measure_judges,
)
from eval.benchmarks.human_labels import EDITED, half_of, read_preferences, read_ratings
from eval.judges.text_judge import TEXT_METRICS, TextJudge
from tests.fakes import BagOfWordsEncoder
from tests.support.judged_answers import write_judgements


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    folder = write_judgements(tmp_path_factory.mktemp("judges"))
    judge = TextJudge(TEXT_METRICS, BagOfWordsEncoder())
    return measure_judges(read_preferences(folder), read_ratings(folder), judge)


def test_every_metric_is_beside_people_and_the_model(measured: Samples) -> None:
    table = agreement_table(measured, "all")
    names = {*TEXT_METRICS, "token_f1", "exact_match"}
    names |= {"baseline: word F1", "baseline: word precision"}
    assert set(table.pearson) == set(table.spearman) == names | {PEOPLE, MODEL}
    assert set(table.balanced) == names


def test_a_metric_that_sees_what_people_see_agrees_with_them(measured: Samples) -> None:
    table = agreement_table(measured, "all")
    for row in (table.pearson["answer_alignment"], table.spearman["token_f1"]):
        assert row["overall"] is not None
        assert row["overall"].value > 85
    grounded = table.pearson["groundedness"]["cnndm"]
    assert grounded is not None
    assert grounded.value > 90
    samsum = table.balanced["groundedness"]["samsum"]
    assert samsum is not None
    assert samsum.value == 100


def test_a_metric_that_never_differs_has_no_agreement(measured: Samples) -> None:
    assert agreement_table(measured, "all").pearson["exact_match"]["overall"] is None


def test_halves_hold_different_labels(measured: Samples) -> None:
    rows = [
        agreement_table(measured, half).pearson[PEOPLE]["overall"] for half in ("all", "choose")
    ]
    assert all(rows)
    assert rows[0] != rows[1]


def test_a_threshold_comes_from_the_other_half() -> None:
    """Scores that mean the opposite in each half are guessed wrong throughout."""
    sources = [f"source {at}" for at in range(40)]
    upside_down = [half_of(source) == "choose" for source in sources]
    labels = [0.0, 1.0] * len(sources)
    scores = [float(label != flip) for flip in upside_down for label in (0, 1)]
    odd = Sample(scores, labels, [source for source in sources for _ in range(2)])
    table = agreement_table({"odd": dict.fromkeys(EDITED, odd)}, "choose")
    found = table.balanced["odd"]["samsum"]
    assert found is not None
    assert found.value <= 50
