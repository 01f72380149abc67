"""The same inputs give the same Version: cold, after an edit and its undo, on one core or two."""

import os
import shutil

import pytest

from tests.support.project import BIN, Project

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
AFRESH = ("dvc", "repro", "--force", "--no-run-cache", "package")
"""Every stage runs, and none is answered from DVC's run cache."""
ONE_CORE = (
    "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)

only_linux = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="only Linux binds to a core"
)


def _embedded(output: str) -> str:
    """What `embed` says that it encoded."""
    [line] = [line for line in output.splitlines() if line.startswith("embed: ")]
    return line


def test_an_edit_encodes_its_own_chunks_and_its_undo_gives_the_version_back(
    project: Project,
) -> None:
    first, edited = project.version, project.root / "data" / "raw" / "notes.txt"
    before = edited.read_text("utf-8")
    edited.write_text(before.replace("blue", "green"), encoding="utf-8")
    said = _embedded(project.ok("dvc", "repro", "--no-run-cache", "package"))
    assert said.endswith("1 of them encoded now")
    assert project.version != first
    edited.write_text(before, encoding="utf-8")
    said = _embedded(project.ok("dvc", "repro", "--no-run-cache", "package"))
    assert said.endswith("0 of them encoded now")
    assert project.version == first


def test_without_any_cache_the_version_is_the_same(project: Project) -> None:
    first = project.version
    shutil.rmtree(project.root / ".winnow")
    said = _embedded(project.ok(*AFRESH))
    encoded = said.removeprefix("embed: ").split(" texts, ")
    assert encoded[1] == f"{encoded[0]} of them encoded now"
    assert project.version == first


@only_linux
def test_one_core_gives_the_version_that_all_give(project: Project) -> None:
    first = project.version
    shutil.rmtree(project.root / ".winnow" / "embeddings")
    project.ok(str(BIN / "python"), "-c", ONE_CORE, *AFRESH)
    assert project.version == first


@only_linux
def test_one_core_gives_the_graph_that_all_give(project: Project) -> None:
    params, flat = project.root / "params.yaml", project.version
    params.write_text(params.read_text("utf-8").replace("kind: flat", "kind: hnsw"), "utf-8")
    project.ok("dvc", "repro", "package")
    first = project.version
    assert first != flat
    alone = ("dvc", "repro", "--force", "--no-run-cache", "--single-item", "index", "package")
    said = project.ok(str(BIN / "python"), "-c", ONE_CORE, *alone)
    assert "Running stage 'index'" in said
    assert project.version == first
