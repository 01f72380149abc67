"""Workspace: found from wherever one stands, and what its files say."""

import os
from pathlib import Path

import pytest

from app.workspace.workspace import (
    REPOSITORY,
    Workspace,
    find_workspace,
    is_workspace,
    workspace_option,
)
from pipeline.errors import DataError, PrerequisiteError

PIPELINE = """
vars: [{cases: my/cases.jsonl}]
stages:
  ingest: {cmd: x, deps: [data/raw, a.py], outs: [out/documents], metrics: [report.json: {}]}
  package: {cmd: x, outs: [data/version]}
"""
LOCK = """
stages:
  package: {outs: [{path: data/version, md5: 0123.dir}]}
"""


def lay_out(root: Path, pipeline: str = PIPELINE) -> Workspace:
    (root / ".dvc").mkdir(parents=True)
    (root / "dvc.yaml").write_text(pipeline, encoding="utf-8")
    return Workspace(root)


def test_the_repository_is_a_workspace() -> None:
    assert is_workspace(REPOSITORY)
    assert Workspace(REPOSITORY).stages[0] == "ingest"
    assert Workspace(REPOSITORY).raw == REPOSITORY / "data" / "raw"
    cases = Workspace(REPOSITORY).cases
    assert cases is not None
    assert cases.is_file()


def test_a_given_folder_wins_over_the_environment_and_that_over_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, named, here = (lay_out(tmp_path / name).root for name in ("given", "named", "here"))
    (here / "below" / "it").mkdir(parents=True)
    monkeypatch.chdir(here / "below" / "it")
    environ = {"WINNOW_WORKSPACE": str(named)}
    assert find_workspace(given, environ).root == given
    assert find_workspace(None, environ).root == named
    assert find_workspace(None, {}).root == here


def test_a_relative_folder_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path / "w")
    monkeypatch.chdir(tmp_path)
    assert find_workspace(Path("w"), {}).root == tmp_path / "w"


def test_no_workspace_names_the_folder_and_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PrerequisiteError, match=r"nope is no workspace; .*winnow run --raw"):
        find_workspace(Path("nope"), {})
    with pytest.raises(PrerequisiteError, match=r"lies in no workspace; .*--workspace DIR"):
        find_workspace(None, {})


def test_before_anything_is_built_there_is_no_version(tmp_path: Path) -> None:
    workspace = lay_out(tmp_path)
    assert workspace.version is None
    assert workspace.scorecard is None


def test_ids_come_from_the_lock_and_only_for_stages_that_exist(tmp_path: Path) -> None:
    workspace = lay_out(tmp_path)
    (tmp_path / "dvc.lock").write_text(LOCK, encoding="utf-8")
    assert workspace.version == "0123.dir"
    assert workspace.scorecard is None


def test_paths_are_those_of_the_pipeline(tmp_path: Path) -> None:
    workspace = lay_out(tmp_path)
    assert workspace.stages == ["ingest", "package"]
    assert workspace.documents == tmp_path / "out" / "documents" / "documents.parquet"
    assert workspace.ingest_report == tmp_path / "report.json"
    assert workspace.cases == tmp_path / "my" / "cases.jsonl"


def test_raw_files_are_a_dependency_or_listed_in_one(tmp_path: Path) -> None:
    assert lay_out(tmp_path / "a").raw == tmp_path / "a" / "data" / "raw"
    assert lay_out(tmp_path / "a2").raw_listing is None
    workspace = lay_out(tmp_path / "b", PIPELINE.replace("data/raw", "data/raw.json"))
    assert workspace.raw == tmp_path / "b" / "data" / "raw"
    assert workspace.raw_listing == tmp_path / "b" / "data" / "raw.json"


def test_a_pipeline_without_cases_has_none(tmp_path: Path) -> None:
    assert lay_out(tmp_path, "stages: {}").cases is None


def test_the_cache_is_where_dvc_is_told_to_put_it(tmp_path: Path) -> None:
    workspace = lay_out(tmp_path / "w")
    assert workspace.cache == tmp_path / "w" / ".dvc" / "cache"
    config = f"[cache]\n    dir = {tmp_path / 'elsewhere'}\n"
    (workspace.root / ".dvc" / "config").write_text(config, encoding="utf-8")
    assert workspace.cache == tmp_path / "elsewhere"


@pytest.mark.parametrize("name", ["dvc.yaml", "dvc.lock"])
def test_a_broken_file_of_dvc_is_named_with_its_repair(tmp_path: Path, name: str) -> None:
    workspace = lay_out(tmp_path)
    (tmp_path / name).write_text("stages: [", encoding="utf-8")
    with pytest.raises(DataError, match=rf"{name} is not valid YAML .*git checkout {name}"):
        _ = workspace.version, workspace.stages


def test_commands_name_the_workspace_only_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WINNOW_WORKSPACE", raising=False)
    workspace = lay_out(tmp_path / "my documents")
    (workspace.root / "data").mkdir()
    monkeypatch.chdir(workspace.root / "data")
    assert workspace_option(workspace) == ""
    os.chdir(tmp_path)
    assert workspace_option(workspace) == f" --workspace '{workspace.root}'"
