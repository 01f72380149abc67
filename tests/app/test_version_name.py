"""Version names: aliases, experiments and the starts of ids."""

from dataclasses import replace

import pytest

from app.version_name import named_version
from eval.ledger import CHALLENGER
from pipeline.errors import VersionError
from tests.app.workbench.sample_library import record, version_id
from tests.fakes import MemoryLedger

SMALL, LARGE = version_id("small"), version_id("large")


@pytest.fixture
def ledger() -> MemoryLedger:
    filled = MemoryLedger()
    for recorded, name in enumerate(("small", "large")):
        made = record(name, 120, recorded, 0.8)
        filled.add(replace(made, tags={"experiment": f"{name}-chunks"}))
    return filled


def test_the_start_of_an_id_in_any_case_is_enough(ledger: MemoryLedger) -> None:
    assert named_version(SMALL[:4], ledger) == SMALL
    assert named_version(f" {SMALL[:8].upper()} ", ledger) == SMALL


def test_an_experiment_means_its_newest_version(ledger: MemoryLedger) -> None:
    assert named_version("large-chunks", ledger) == LARGE
    again = record("mended", 120, 9, 0.8)
    ledger.add(replace(again, tags={"experiment": "large-chunks"}))
    assert named_version("large-chunks", ledger) == version_id("mended")


def test_a_short_name_of_an_experiment_is_no_start_of_an_id(ledger: MemoryLedger) -> None:
    ledger.add(replace(record("tiny", 120, 9, 0.8), tags={"experiment": "t1"}))
    assert named_version("t1", ledger) == version_id("tiny")


def test_a_full_id_needs_no_ledger_that_knows_it() -> None:
    full = "0" * 32 + ".dir"
    assert named_version(full, MemoryLedger()) == full


def test_the_aliases_are_names(ledger: MemoryLedger) -> None:
    assert named_version("champion", MemoryLedger(SMALL)) == SMALL
    ledger.point(CHALLENGER, LARGE)
    assert named_version("Challenger", ledger) == LARGE


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("eb5", "at least 4 characters"),
        ("", "at least 4 characters"),
        ("ffff", "choose from .*, or name an experiment"),
        ("champion", "no champion yet"),
        ("challenger", "no challenger yet"),
    ],
)
def test_what_is_wrong_is_said(ledger: MemoryLedger, name: str, said: str) -> None:
    with pytest.raises(VersionError, match=said):
        named_version(name, ledger)


def test_the_candidates_of_an_ambiguous_start_are_named() -> None:
    ledger = MemoryLedger()
    for end in "ab":
        made = record("small", 120, 0, 0.8)
        twin = made.scorecard.model_copy(update={"version": "abcdef" + end * 26 + ".dir"})
        ledger.add(type(made)(end, twin, 0.0, {}, {}))
    with pytest.raises(VersionError, match=r"2 Versions; choose from abcdef(a+, abcdefb|b+, abcd)"):
        named_version("abcd", ledger)


def test_a_name_that_is_also_the_start_of_another_id_is_ambiguous(ledger: MemoryLedger) -> None:
    ledger.add(replace(record("third", 120, 9, 0.8), tags={"experiment": SMALL[:6]}))
    with pytest.raises(VersionError, match="means 2 Versions"):
        named_version(SMALL[:6], ledger)


def test_an_empty_ledger_names_the_command() -> None:
    with pytest.raises(VersionError, match="winnow run"):
        named_version("abcd", MemoryLedger())
