from pathlib import Path

import pytest
import yaml

from app.measuring_terms import present_terms
from eval.scorecard import CaseSet, Scorecard
from tests.app.gate_report.sample_verdict import CASES
from tests.gate_case import card_of
from tests.project import ROOT

PARAMS = ROOT / "params.yaml"
TERMS = present_terms(PARAMS, CASES)


def card(**changes: object) -> Scorecard:
    content = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    settings: dict[str, object] = {
        "answer.depth": content["answer"]["depth"],
        "judge.provider": "none",
        "chunk.size": 150,
    }
    for name, value in content["score"].items():
        settings[f"score.{name}"] = ", ".join(value) if isinstance(value, list) else value
    settings.update(changes.pop("settings", {}))  # type: ignore[call-overload]
    cases = CaseSet(hash=TERMS.cases_hash, count=len(CASES), orphans=())
    return card_of({"m": [1.0]}, **{
        "engine": TERMS.engine, "cases": cases, "settings": settings, **changes,
    })  # fmt: skip


def test_a_scorecard_made_on_the_same_terms_has_no_change() -> None:
    assert TERMS.changed(card()) == []
    assert TERMS.changed(card(settings={"chunk.size": 60}), judge="j") == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"engine": "other"}, ["the engine"]),
        ({"cases": CaseSet(hash="other", count=1, orphans=())}, ["the Cases"]),
        ({"settings": {"score.budget": 1}}, ["score.budget"]),
        ({"settings": {"judge.provider": "groq", "judge.model": "x"}},
         ["judge.model", "judge.provider"]),
        ({"settings": {f"score.{letter}": 1 for letter in "abcde"}},
         ["score.a", "score.b", "score.c", "2 more settings"]),
    ],
)  # fmt: skip
def test_what_changed_is_named(changes: dict[str, object], named: list[str]) -> None:
    assert TERMS.changed(card(**changes)) == named


def test_another_judge_is_named_where_one_is_asked_for() -> None:
    assert TERMS.changed(card(), judge="other") == ["the judge"]


def test_a_setting_that_the_card_lacks_changed() -> None:
    bare = card()
    less = {name: value for name, value in bare.settings.items() if name != "score.k"}
    assert TERMS.changed(bare.model_copy(update={"settings": less})) == ["score.k"]


def test_what_is_kept_belongs_to_one_version_and_its_terms(tmp_path: Path) -> None:
    other = tmp_path / "params.yaml"
    other.write_text(PARAMS.read_text("utf-8").replace("budget: 4000", "budget: 3000"))
    keys = {TERMS.key("a"), TERMS.key("b"), present_terms(other, CASES).key("a")}
    assert len(keys | {present_terms(PARAMS, CASES[:1]).key("a")}) == 4
