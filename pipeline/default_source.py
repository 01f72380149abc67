"""Default source: files read by the default Readers in processes of their own, through a cache."""

from functools import partial
from pathlib import Path

from pipeline.default_readers import default_readers
from pipeline.machine_limits import MachineLimits
from pipeline.params import IngestParams, OcrParams
from pipeline.reading_cache import ReadingCache, reading_basis
from pipeline.reading_source import ReadingSource


def default_source(
    ingest: IngestParams, ocr: OcrParams, cache: Path, limits: MachineLimits
) -> ReadingSource:
    """Return what `ingest` reads from; `cache` is a folder that may be deleted at any time."""
    basis = reading_basis(ingest, ocr, default_readers.__module__)
    return ReadingSource(partial(default_readers, ingest, ocr), ReadingCache(cache, basis), limits)
