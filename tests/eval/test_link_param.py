import json

import pytest

from eval.ledger import Link
from eval.link_param import follow_params, param_name, param_value
from pipeline.errors import LedgerError

ONE, TWO, THREE = (Link(digit * 64, f"{digit * 32}.dir") for digit in "abc")
CHAIN = {
    param_name(None): param_value(ONE),
    param_name(ONE.receipt): param_value(TWO),
    param_name(TWO.receipt): param_value(THREE),
}


def test_links_follow_one_another_whatever_else_is_there() -> None:
    stray = {"learning_rate": "3", param_name("f" * 64): param_value(ONE)}
    assert follow_params({**stray, **CHAIN}) == (ONE, TWO, THREE)
    assert follow_params(stray) == ()


def test_a_link_is_short_enough_for_every_mlflow_server() -> None:
    assert len(param_value(ONE)) < 140
    assert param_name(ONE.receipt) == f"after.{'a' * 64}"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        '"a"',
        "[" * 100_000,
        json.dumps({"receipt": "a" * 64}),
        json.dumps({"receipt": "../" * 20 + "a" * 4, "version": "v"}),
        json.dumps({"receipt": "A" * 64, "version": "v"}),
        json.dumps({"receipt": "a" * 64, "version": ""}),
        json.dumps({"receipt": "a" * 64, "version": None}),
        json.dumps({"receipt": ["a"] * 64, "version": "v"}),
    ],
)
def test_what_is_no_link_is_named(value: str) -> None:
    with pytest.raises(LedgerError, match=rf"`after\.{'b' * 64}`.* is no link") as caught:
        follow_params({**CHAIN, param_name(TWO.receipt): value})
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_a_chain_that_bites_its_tail_is_no_endless_loop() -> None:
    with pytest.raises(LedgerError, match=f"leads back to the receipt {ONE.receipt}"):
        follow_params({**CHAIN, param_name(THREE.receipt): param_value(ONE)})


@pytest.mark.parametrize(
    "link", [Link("short", "v"), Link("a" * 64, ""), Link("a" * 64, "v" * 999)]
)
def test_what_could_not_be_read_again_is_never_written(link: Link) -> None:
    with pytest.raises(LedgerError, match="cannot be a link of the chain"):
        param_value(link)
