"""Library: ids by name, Answerers opened once, scores by Case."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.library import OPEN_AT_ONCE, Library, named_version, open_ledger, open_library
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHALLENGER
from pipeline.answerer import Answerer
from pipeline.errors import CaseError, LedgerError, VersionError
from tests.app.workbench.sample_library import (
    CASES,
    record,
    sample_library,
    scores,
    small_chunks,
    version_id,
)
from tests.fakes import MemoryLedger
from tests.support.mlflow import all_runs
from tests.support.project import Project

SMALL, LARGE = version_id("small"), version_id("large")
UNKNOWN = "0" * 32 + ".dir"


@pytest.fixture(autouse=True)
def _default_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def ledger() -> MemoryLedger:
    filled = MemoryLedger()
    for recorded, name in enumerate(("small", "large")):
        made = record(name, 120, recorded, 0.8)
        filled.add(replace(made, tags={"experiment": f"{name}-chunks"}))
    return filled


def test_what_is_built_but_not_recorded_is_recorded_once(project: Project) -> None:
    for path in (project.root / ".winnow").glob("mlflow.db*"):
        path.unlink()
    workspace = Workspace(project.root)
    for _ in range(2):
        [made] = open_ledger(workspace).records()
        assert made.scorecard.version == project.version
    assert len(all_runs(project.root)) == 1
    with open_library(workspace) as library:
        assert [each.run for each in library.ledger.records()] == [made.run]
        assert len(library.cases) == 5
        answer = library.answerer(project.version).answer("What does E-4471 mean?")
        assert "return line" in answer.text
        with pytest.raises(VersionError):
            library.answerer(UNKNOWN)


def test_a_workspace_where_nothing_was_built_has_an_empty_library(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text("stages: {}", encoding="utf-8")
    with open_library(Workspace(tmp_path)) as library:
        assert library.ledger.records() == []
        assert library.ledger.champion() is None
        assert library.cases == ()


def test_broken_cases_are_named(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text("vars: [{cases: c.jsonl}]\nstages: {}", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(json.dumps({"id": "a"}), encoding="utf-8")
    with (
        pytest.raises(CaseError, match=r"c.jsonl:1: `question`"),
        open_library(Workspace(tmp_path)),
    ):
        pass


def test_an_answerer_is_opened_once_while_it_is_in_use() -> None:
    opened: list[str] = []

    def open_version(version: str) -> Answerer:
        opened.append(version)
        return small_chunks()

    library = Library(MemoryLedger(), (), open_version)
    assert library.answerer("a") is library.answerer("a")
    for version in "bcde"[:OPEN_AT_ONCE]:
        library.answerer(version)
    library.answerer("a")
    assert opened == ["a", "b", "c", "d", "e", "a"]


def test_scores_are_by_case() -> None:
    library = sample_library("small")
    by_case = library.case_scores(library.ledger.records()[0])
    found = [(each.metric, each.value) for each in by_case["academy-01"]]
    assert found == [("abstention_right", 1.0)]
    assert "unknown" not in by_case


def test_scores_that_were_read_survive_a_ledger_that_goes_away(ledger: MemoryLedger) -> None:
    one = record("third", 120, 2, 0.8)
    ledger.add(one, scores(0.8))
    library = Library(ledger, CASES, lambda _: small_chunks())
    before = library.case_scores(one)
    ledger.fault = LedgerError("away")
    assert library.case_scores(one) == before


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
    assert named_version(UNKNOWN, MemoryLedger()) == UNKNOWN


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
        ledger.add(replace(made, run=end, scorecard=twin))
    with pytest.raises(VersionError, match=r"2 Versions; choose from abcdef(a+, abcdefb|b+, abcd)"):
        named_version("abcd", ledger)


def test_a_name_that_is_also_the_start_of_another_id_is_ambiguous(ledger: MemoryLedger) -> None:
    ledger.add(replace(record("third", 120, 9, 0.8), tags={"experiment": SMALL[:6]}))
    with pytest.raises(VersionError, match="means 2 Versions"):
        named_version(SMALL[:6], ledger)


def test_an_empty_ledger_names_the_command() -> None:
    with pytest.raises(VersionError, match="winnow run"):
        named_version("abcd", MemoryLedger())
