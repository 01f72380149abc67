"""A pass needs no words; everything else needs somebody who stands by it."""

from typing import Literal

import pytest

from eval.gate.verdict import Outcome
from eval.receipts.promotion_rule import Permission, Plea, Refusal, judge_plea
from pipeline.errors import DataError

NONE, OVERRIDE, REVIEWED = Plea(), Plea(override=" urgent "), Plea(reviewed="all 40 Cases")


@pytest.mark.parametrize(
    ("outcome", "plea", "policy", "granted"),
    [
        ("pass", NONE, "block", Permission("passed", None)),
        ("pass", OVERRIDE, "block", Permission("passed", None)),
        ("fail", OVERRIDE, "block", Permission("override", "urgent")),
        ("inconclusive", OVERRIDE, "review", Permission("override", "urgent")),
        ("inconclusive", REVIEWED, "review", Permission("reviewed", "all 40 Cases")),
    ],
)
def test_what_is_let_through(
    outcome: Outcome, plea: Plea, policy: Literal["block", "review"], granted: Permission
) -> None:
    assert judge_plea(outcome, plea, policy) == granted


@pytest.mark.parametrize(
    ("outcome", "plea", "policy", "said"),
    [
        ("fail", NONE, "review", "the gate failed it: improve it, or promote it in spite of"),
        ("fail", REVIEWED, "review", "a review decides only what is inconclusive"),
        ("inconclusive", NONE, "block", "measure more Cases, or promote it in spite of that"),
        ("inconclusive", REVIEWED, "block", "as `gate.on_inconclusive` says and no reviewer"),
        ("inconclusive", NONE, "review", '--reviewed "WHAT YOU LOOKED AT"'),
    ],
)
def test_a_refusal_names_the_ways_on(
    outcome: Outcome, plea: Plea, policy: Literal["block", "review"], said: str
) -> None:
    refusal = judge_plea(outcome, plea, policy)
    assert isinstance(refusal, Refusal)
    assert said in refusal.why
    assert "\n" not in refusal.why


def test_who_says_nothing_takes_nothing_upon_themselves() -> None:
    for given in ({"override": " "}, {"reviewed": ""}):
        with pytest.raises(DataError, match="is empty; say why"):
            Plea(**given)
    with pytest.raises(DataError, match="give the one that it is"):
        Plea(override="a", reviewed="b")
