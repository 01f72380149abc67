import pytest

from app.storage.garbage import folder_kind
from app.workspace.workspace import Workspace
from pipeline.versions.store import listed_files, object_path
from tests.support.project import ROOT, Project

FIXTURES = ROOT / "tests" / "pipeline" / "fixtures"


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.glob("version-*")))
def test_versions_of_every_format_are_known(name: str) -> None:
    folder = FIXTURES / name
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert folder_kind(files) == "Version"
    assert folder_kind([*files, "encoder/model.onnx", "reranker/model.onnx"]) == "Version"


@pytest.mark.parametrize(
    "files",
    [
        [],
        ["handbook.md"],
        ["manifest.json", "chunks.parquet"],
        ["manifest.json", "chunks.parquet", "vectors.faiss", "notes.txt"],
        ["scorecard.json"],
        ["documents.parquet", "more.parquet"],
        ["a/documents.parquet"],
    ],
)
def test_what_no_stage_writes_is_of_no_kind(files: list[str]) -> None:
    assert folder_kind(files) is None


@pytest.mark.slow
def test_all_that_the_pipeline_writes_is_known(built_project: Project) -> None:
    cache = Workspace(built_project.root).cache
    kinds = {}
    for stage, locked in built_project.lock.items():
        for out in locked["outs"]:
            if str(out["md5"]).endswith(".dir"):
                files = listed_files(object_path(cache, out["md5"]).read_bytes())
                kinds[stage, out["path"]] = folder_kind(files or ())
    assert kinds == {
        ("ingest", "data/documents"): "Documents",
        ("chunk", "data/chunks"): "chunks",
        ("embed", "data/embeddings"): "embeddings",
        ("embed", "data/encoder"): "encoder",
        ("index", "data/index"): "index",
        ("package", "data/version"): "Version",
        ("answer", "data/answers"): "answers",
        ("score", "data/scorecard"): "Scorecard",
    }
