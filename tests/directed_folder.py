"""A folder of files that say what they make their reader do (`DirectedReader`), ingested."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from pipeline.digest import hash_file
from pipeline.ingestion import Ingestion, ingest
from pipeline.machine_limits import MachineLimits
from pipeline.params import CleaningParams, IngestParams, OcrParams
from pipeline.reading_cache import ReadingCache
from pipeline.reading_source import ReadingSource
from pipeline.reading_task import ReadingTask
from tests.fakes import directed_readers

INGEST = IngestParams(
    exclude=("*.tmp", "drafts/*"),
    max_megabytes=1,
    max_unpacked_megabytes=1000,
    max_pages=5000,
    max_megapixels=100,
    near_duplicate=0.9,
    tags={},
)
OCR = OcrParams(mode="auto", resolution=200, discard=0.5, threshold=0.8)
CLEANING = CleaningParams(ligatures=True, hyphenation=True, repeated_lines=True, whitespace=True)


def write_orders(folder: Path, orders: Mapping[str, str]) -> Path:
    raw = folder / "raw"
    for name, order in orders.items():
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        (raw / name).write_text(order)
    return raw


def ingest_orders(
    folder: Path,
    orders: Mapping[str, str],
    limits: MachineLimits = MachineLimits(2),  # noqa: B008 (frozen)
    ocr: OcrParams = OCR,
    cleaning: CleaningParams = CLEANING,
) -> Ingestion:
    """Ingest files; what was read is recorded in `folder/record`, and cached."""
    cache = ReadingCache(folder / "readings", ocr.model_dump())
    readers = partial(directed_readers, folder / "record")
    source = ReadingSource(readers, cache, limits)
    return ingest(write_orders(folder, orders), source, INGEST, ocr, cleaning)


def reads(folder: Path) -> list[str]:
    """Return what was read since this was asked last."""
    record = folder / "record"
    lines = record.read_text().splitlines() if record.exists() else []
    record.unlink(missing_ok=True)
    return sorted(lines)


def directed_tasks(folder: Path, orders: Mapping[str, str]) -> list[ReadingTask]:
    """Write an order into a file each, and return what a pool is given of it."""
    tasks = []
    for name, order in orders.items():
        path = folder / f"{name}.do"
        path.write_text(order)
        tasks.append(ReadingTask(path, path.name, hash_file(path), len(order)))
    return tasks
