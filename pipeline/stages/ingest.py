"""Stage `ingest`: raw files to Documents and a report."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.documents.ingestion import default_source, ingest
from pipeline.documents.worker import MachineLimits
from pipeline.files import replacing_folder, write_json
from pipeline.params import CleaningParams, IngestParams, OcrParams, read_section
from pipeline.process import run_stage, scratch_folder


def main(_: Sequence[str]) -> None:
    """Read `data/raw` into `data/documents`, and report on each file in `data/ingest.json`."""
    yaml = Path("params.yaml")
    params = read_section(yaml, "ingest", IngestParams)
    ocr = read_section(yaml, "ocr", OcrParams)
    cleaning = read_section(yaml, "cleaning", CleaningParams)
    limits = MachineLimits.from_environment(os.environ)
    source = default_source(params, ocr, scratch_folder() / "readings", limits)
    documents, report = ingest(Path("data/raw"), source, params, ocr, cleaning)
    with replacing_folder(Path("data/documents")) as folder:
        DOCUMENT_ROWS.write(folder / "documents.parquet", documents)
    write_json(Path("data/ingest.json"), report.to_json())
    write_json(scratch_folder() / "ingest.json", report.times())
    log = logging.getLogger("winnow")
    log.info("ingest: %s", report.summary)
    if report.of("quarantined") or report.low_confidence:
        log.warning("`winnow documents` says which files could not be read, or not surely")


if __name__ == "__main__":
    run_stage(main)
