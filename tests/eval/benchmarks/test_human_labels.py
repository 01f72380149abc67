"""What people said is read as published; another layout is named in one line."""

import json
from pathlib import Path

import pytest

from eval.benchmarks.human_labels import half_of, read_preferences, read_ratings
from pipeline.errors import DataError
from tests.support.judged_answers import ASKED, write_judgements


def test_preferences_hold_both_people_and_the_model(tmp_path: Path) -> None:
    found = read_preferences(write_judgements(tmp_path))
    assert [each.question for each in found] == list(ASKED)
    assert found[1].answers == ("Nobody can say.", "Around 3 winters.")
    assert found[1].labels["overall"] == (2.0, 1.0)
    assert found[1].judged["overall"] == 1
    assert found[0].judged["overall"] == -1


def test_a_summary_is_as_good_as_most_people_say(tmp_path: Path) -> None:
    found = read_ratings(write_judgements(tmp_path))
    assert list(found) == ["cnndm", "xsum", "ectsum", "qmsumm", "samsum", "scitldr"]
    assert [each.label for each in found["xsum"]][:4] == [0.0, 1.0, 1.0, 0.0]
    assert found["xsum"][1].sentences == ("It lasts 3 winters.",)
    assert [each.label for each in found["samsum"]][:2] == [1.0, 0.0]


def test_all_of_a_question_or_source_lies_in_one_half(tmp_path: Path) -> None:
    found = read_ratings(write_judgements(tmp_path))["samsum"]
    halves = {each.source: half_of(each.source) for each in found}
    assert set(halves.values()) == {"choose", "confirm"}
    assert len(halves) == len(found) / 2


def test_the_halves_stay_what_they_were_when_metrics_were_chosen() -> None:
    found = [half_of(text) for text in ("a", "c", "hub", "How long?")]
    assert found == ["confirm", "choose", "confirm", "choose"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("ragchecker/human_labeled_data.json", None, "does not exist"),
        ("ragchecker/human_labeled_data.json", "{", "is not JSON"),
        ("ragchecker/baseline_ragchecker.json", "[]", "not two people for each pair"),
        ("ragchecker/human_labeled_data.json", json.dumps([{}] * 24), "'instance_id'"),
        ("qags/mturk_xsum.jsonl", '{"article": "a"}', "'summary_sentences'"),
        ("summedits/summedits_samsum.json", '[{"doc": "a", "label": 1}]', "'summary'"),
        ("summedits/summedits_samsum.json", "7", "another layout"),
    ],
)
def test_another_layout_is_named_in_one_line(
    tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    folder = write_judgements(tmp_path)
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=says) as raised:
        read_preferences(folder), read_ratings(folder)
    assert "\n" not in str(raised.value)
    assert f"/{Path(name).parent}/" in str(raised.value)
