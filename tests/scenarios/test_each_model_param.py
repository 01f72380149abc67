"""Every param of a language model, and of what it may cost, changes what it says it changes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.answer import Answer, Turn
from pipeline.answerer import open_answerer
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import BudgetError
from pipeline.generation.prompt import Prompt, parse_prompt, shipped_prompt
from pipeline.params import GenerationParams, SpendingParams, parse_section
from pipeline.versions.version import Version
from tests.loopback.fixture import environment, serving
from tests.support.versions import SETTINGS

QUESTION = "How long does the warranty of the Fjell pump last?"
FOLLOW_UP = "And the batteries?"
HISTORY = (Turn("Who pays for returns?", "Nobody. " * 40), Turn(QUESTION, "Five years."))
FREE = SpendingParams(dollars=1.0, tokens=1_000_000, prices={})
LATER: list[tuple[str, Any]] = [
    ("generator", "openai"),
    ("model", "another-model"),
    ("prompt", "brief"),
    ("condense", "reworded"),
    ("temperature", 0.7),
    ("max_tokens", 200),
    ("window", 560),
    ("history", 20),
]
"""A second value of each param that only a language model knows."""


@dataclass(frozen=True)
class Outcome:
    """What was sent, and what came of it."""

    sent: list[tuple[str, Any]]
    answer: Answer


def _prompts() -> dict[str, Prompt]:
    cited, standalone = shipped_prompt("cited"), shipped_prompt("standalone")
    brief = parse_prompt("brief", cited.text.replace("briefly", "in one sentence"))
    reworded = parse_prompt("reworded", standalone.text.replace("on one line", "alone"))
    return {each.id: each for each in (cited, standalone, brief, reworded)}


def _asked(
    version: Version, folder: Path, changes: dict[str, Any], spending: SpendingParams = FREE
) -> Outcome:
    settings = {**SETTINGS["generation"], "generator": "groq", **changes}
    generation = parse_section(GenerationParams, "generation", settings)
    manifest = version.manifest.model_copy(update={"generation": generation})
    changed = replace(version, manifest=manifest, prompts=_prompts())
    with serving() as server, Endpoints(environment(server), folder, spending) as endpoints:
        answer = open_answerer(changed, endpoints).answer(FOLLOW_UP, HISTORY)
        return Outcome([(call.path, call.body) for call in server.calls], answer)


def test_no_param_is_left_out() -> None:
    extractive = {"sentences", "lexical", "margin", "threshold", "exact"}
    assert {key for key, _ in LATER} | extractive == set(GenerationParams.model_fields)
    assert set(SpendingParams.model_fields) == {"dollars", "tokens", "prices"}


@pytest.mark.parametrize(("key", "value"), LATER)
def test_a_param_of_the_model_changes_what_is_sent(
    version: Version, tmp_path: Path, key: str, value: Any
) -> None:
    first = _asked(version, tmp_path / "first", {})
    second = _asked(version, tmp_path / "second", {key: value})
    assert first.sent != second.sent
    if key == "window":
        assert (first.answer.dropped, bool(second.answer.dropped)) == ((), True)


def test_the_same_params_send_the_same(version: Version, tmp_path: Path) -> None:
    outcomes = [_asked(version, tmp_path / name, {}) for name in ("first", "second")]
    assert outcomes[0] == outcomes[1]
    assert "Fjell pump" in (outcomes[0].answer.standalone or "")


@pytest.mark.parametrize("limit", [{"tokens": 200}, {"dollars": 0.000001}])
def test_a_limit_of_spending_ends_the_run(
    version: Version, tmp_path: Path, limit: dict[str, float]
) -> None:
    spending = SpendingParams.model_validate({**FREE.model_dump(), **limit})
    [name] = limit
    prices = {SETTINGS["generation"]["model"]: (1.0, 2.0)}
    spending = spending.model_copy(update={"prices": prices})
    with pytest.raises(BudgetError, match=rf"`spending\.{name}` is"):
        _asked(version, tmp_path, {}, spending)


def test_a_price_changes_what_an_answer_cost(version: Version, tmp_path: Path) -> None:
    costs = []
    for price in (1.0, 3.0):
        prices = {SETTINGS["generation"]["model"]: (price, price)}
        spending = FREE.model_copy(update={"prices": prices})
        answer = _asked(version, tmp_path / str(price), {}, spending).answer
        assert answer.tokens
        assert answer.cost == pytest.approx(answer.tokens * price / 1e6)
        costs.append(answer.cost)
    assert costs[0] != costs[1]
