import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.documents.document import Heading, Page, Reading
from pipeline.documents.raw_files import RawEntry
from pipeline.documents.reader import ReadingOutcome
from pipeline.documents.source import ReadingCache, reading_basis
from tests.support.corpus import CLEANING, INGEST, OCR, ingest_orders, reads

TASK = RawEntry(Path("raw/a.md"), "a.md", 3, sha256="0" * 64)
READ = ReadingOutcome(
    "read",
    media_type="text/markdown",
    reader="markdown/1",
    reading=Reading(
        "Größe\n😀", (Page(1, 0, 5, 0.75), Page(2, 5, 7)), (Heading(1, "Größe", 0, 5),)
    ),
)
UNREADABLE = ReadingOutcome("unreadable", reason="it needs a password")
READERS = "pipeline.documents.readers.formats"


@pytest.fixture
def cache(tmp_path: Path) -> ReadingCache:
    return ReadingCache(tmp_path / "readings", {})


@pytest.mark.parametrize("outcome", [READ, UNREADABLE])
def test_an_outcome_comes_back_as_it_was(cache: ReadingCache, outcome: ReadingOutcome) -> None:
    assert cache.get(TASK) is None
    cache.put(TASK, outcome)
    assert cache.get(TASK) == outcome


@pytest.mark.parametrize("kind", ["limit", "changed"])
def test_what_may_go_better_next_time_is_not_kept(cache: ReadingCache, kind: str) -> None:
    cache.put(TASK, ReadingOutcome(kind, reason="it took too long"))  # type: ignore[arg-type]
    assert cache.get(TASK) is None


def test_bytes_suffix_and_basis_decide_and_the_name_does_not(tmp_path: Path) -> None:
    cache = ReadingCache(tmp_path, {"dpi": 200})
    cache.put(TASK, READ)
    path = TASK.path
    assert cache.get(RawEntry(path, "other/b.MD", 3, sha256=TASK.sha256)) == READ
    assert cache.get(RawEntry(path, "a.txt", 3, sha256=TASK.sha256)) is None
    assert cache.get(RawEntry(path, "a.md", 3, sha256="1" * 64)) is None
    assert ReadingCache(tmp_path, {"dpi": 100}).get(TASK) is None
    assert ReadingCache(tmp_path, {"dpi": 200}).get(TASK) == READ


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-20],
        lambda content: content.replace(b"markdown", b"markdowm", 1),
        lambda _: b"",
        lambda _: b"not JSON\n{}",
        lambda content: content[:64],
    ],
)
def test_a_damaged_entry_is_read_again(
    tmp_path: Path, cache: ReadingCache, damage: Callable[[bytes], bytes]
) -> None:
    cache.put(TASK, READ)
    [entry] = (tmp_path / "readings").rglob("*.json")
    entry.write_bytes(damage(entry.read_bytes()))
    assert cache.get(TASK) is None
    cache.put(TASK, READ)
    assert cache.get(TASK) == READ


def test_it_may_be_deleted_at_any_time(tmp_path: Path, cache: ReadingCache) -> None:
    cache.put(TASK, READ)
    shutil.rmtree(tmp_path / "readings")
    assert cache.get(TASK) is None
    cache.put(TASK, READ)
    assert [path.suffix for path in (tmp_path / "readings").glob("*/*")] == [".json"]


def test_the_basis_holds_what_changes_a_reading() -> None:
    basis = reading_basis(INGEST, OCR, READERS)
    assert basis["ocr"] == OCR.model_dump(exclude={"threshold"})
    assert {"pipeline.documents.readers.text", "pipeline.documents.worker"} <= set(basis["sources"])
    assert "pypdfium2" in basis["libraries"]
    for change in ({"max_pages": 5}, {"max_unpacked_megabytes": 5}, {"max_megapixels": 5}):
        assert reading_basis(INGEST.model_copy(update=change), OCR, READERS) != basis
    for same in ({"exclude": ()}, {"near_duplicate": 0.5}):
        assert reading_basis(INGEST.model_copy(update=same), OCR, READERS) == basis
    assert "pipeline.documents.cleaning.cleaning" not in basis["sources"]


def test_nothing_is_read_a_second_time(tmp_path: Path) -> None:
    orders = {"a.do": "say text", "b.do": "raise read", "c.do": "crash", "d.do": "recognise 0.9"}
    first = ingest_orders(tmp_path, orders)
    assert len(reads(tmp_path)) == 4
    second = ingest_orders(tmp_path, orders)
    assert reads(tmp_path) == []
    assert first == second
    assert [file.cached for file in second[1].files] == [True] * 4


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    orders = {"a.do": "say text", "b.do": "say more"}
    ingest_orders(tmp_path, orders)
    reads(tmp_path)
    documents, _ = ingest_orders(tmp_path, {**orders, "b.do": "say less", "moved/a.do": "say text"})
    assert reads(tmp_path) == ["say less"]
    assert [each.text for each in documents] == ["text", "less"]


def test_another_cleaning_reads_nothing_again_but_other_recognition_does(tmp_path: Path) -> None:
    orders = {"a.do": "say the of\ufb01ce"}
    [document], _ = ingest_orders(tmp_path, orders)
    assert document.text == "the office"
    reads(tmp_path)
    untouched = CLEANING.model_copy(update={"ligatures": False})
    [document], _ = ingest_orders(tmp_path, orders, cleaning=untouched)
    assert document.text == "the of\ufb01ce"
    assert reads(tmp_path) == []
    ingest_orders(tmp_path, orders, ocr=OCR.model_copy(update={"resolution": 300}))
    assert reads(tmp_path) == ["say the of\ufb01ce"]
