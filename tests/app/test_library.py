"""Library: ids by prefix, Answerers opened once, scores by Case."""

from pathlib import Path

import pytest

from app.library import OPEN_AT_ONCE, Library
from pipeline.answerer import Answerer
from pipeline.endpoints import Endpoints
from pipeline.errors import LedgerError, VersionError, WinnowError
from pipeline.version_store import VersionStore
from tests.app.workbench.sample_library import (
    CASES,
    record,
    sample_library,
    scores,
    small_chunks,
    version_id,
)
from tests.fakes import MemoryLedger
from tests.loopback.fixture import environment, serving


def test_records_are_newest_first(tmp_path: Path) -> None:
    library = sample_library(tmp_path, "small", "large")
    versions = [each.scorecard.version for each in library.records()]
    assert versions == [version_id("large"), version_id("small")]


def test_resolve_takes_a_unique_prefix_and_the_champion(tmp_path: Path) -> None:
    library = sample_library(tmp_path, "small", "large", champion="large")
    assert library.resolve(version_id("small")[:4]) == version_id("small")
    assert library.resolve(version_id("small")[:8].upper()) == version_id("small")
    assert library.resolve("champion") == version_id("large")


def test_an_answerer_is_opened_once_while_it_is_in_use(tmp_path: Path) -> None:
    opened: list[str] = []

    def open_version(version: str) -> Answerer:
        opened.append(version)
        return small_chunks()

    library = Library(MemoryLedger(), VersionStore(tmp_path), (), open_version=open_version)
    assert library.answerer("a") is library.answerer("a")
    for version in "bcde"[:OPEN_AT_ONCE]:
        library.answerer(version)
    library.answerer("a")
    assert opened == ["a", "b", "c", "d", "e", "a"]


def test_a_version_that_is_not_in_the_store_says_so(tmp_path: Path) -> None:
    library = Library(MemoryLedger(), VersionStore(tmp_path), ())
    with pytest.raises(VersionError):
        library.answerer("0" * 32 + ".dir")


def test_scores_are_of_one_case(tmp_path: Path) -> None:
    library = sample_library(tmp_path, "small")
    found = library.scores(version_id("small"), "academy-01")
    assert [(each.metric, each.value) for each in found] == [("abstention_right", 1.0)]
    assert library.scores(version_id("small"), "unknown") == []
    assert library.scores(version_id("large"), "academy-01") == []


def test_scores_that_were_read_survive_a_ledger_that_goes_away(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    one = record("small", 120, 0, 0.8)
    ledger.add(one, scores(0.8))
    library = Library(ledger, VersionStore(tmp_path), CASES)
    before = library.case_scores(one)
    ledger.fault = LedgerError("away")
    assert library.case_scores(one) == before
    with pytest.raises(LedgerError):
        library.records()


def test_endpoints_are_closed_with_the_library(tmp_path: Path) -> None:
    with serving() as server:
        endpoints = Endpoints(environment(server), tmp_path)
        with Library(MemoryLedger(), VersionStore(tmp_path), (), endpoints=endpoints):
            assert endpoints.embed("openai", "any", ["text"])
        with pytest.raises(WinnowError):
            endpoints.embed("openai", "any", ["another"])
