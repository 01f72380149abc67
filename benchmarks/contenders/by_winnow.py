"""Winnow as a user gets it: the stages of dvc.yaml one after another, in one process."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[2]
CHUNKS = "chunk.size=200"
"""The size that all contenders are given."""
STAGES = ("ingest", "chunk", "embed", "index", "package")


def build(texts: Path, place: Path, *settings: str) -> dict[str, float]:
    """Build a Version and return the seconds that each stage took."""
    from importlib import import_module

    _prepare(texts, place, [CHUNKS, *settings])
    seconds = {}
    with _inside(place):
        for stage in STAGES:
            started = perf_counter()
            import_module(f"pipeline.stages.{stage}").main([])
            seconds[stage] = perf_counter() - started
    return seconds


def update(texts: Path, place: Path) -> dict[str, float]:
    """Run the stages again over the same caches: readings, exported encoder, embeddings."""
    return build(texts, place)


def open_index(place: Path, k: int) -> tuple[int, Callable[[str], list[str]]]:
    """Open the Version; return its number of chunks, and question to the texts of passages."""
    from pipeline.answerer import open_retriever
    from pipeline.versions.version import open_version_folder

    version = open_version_folder(place / "data" / "version")
    retriever = open_retriever(version)
    return len(version.chunks), lambda question: [
        passage.text for passage in retriever.retrieve(question, k)
    ]


def _prepare(texts: Path, place: Path, settings: Sequence[str]) -> None:
    from app.workspace.settings import change_settings

    (place / "data").mkdir(parents=True, exist_ok=True)
    raw = place / "data" / "raw"
    if not raw.exists():
        raw.symlink_to(texts.resolve(), target_is_directory=True)
    if not (place / "params.yaml").exists():
        shutil.copyfile(ROOT / "params.yaml", place / "params.yaml")
        change_settings(place / "params.yaml", settings)


@contextmanager
def _inside(place: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(place)
    try:
        yield
    finally:
        os.chdir(before)
