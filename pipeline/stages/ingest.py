"""Stage `ingest`: raw files to Documents and a report."""

import logging
from collections.abc import Sequence
from pathlib import Path

from pipeline.artifact import replacing_folder, write_json
from pipeline.documents import write_documents
from pipeline.ingestion import ingest
from pipeline.params import IngestParams, read_section
from pipeline.reader import default_readers
from pipeline.stage import run_stage


def main(_: Sequence[str]) -> None:
    """Read `data/raw` into `data/documents`, and report on each file in `data/ingest.json`."""
    params = read_section(Path("params.yaml"), "ingest", IngestParams)
    ingestion = ingest(Path("data/raw"), params, default_readers())
    with replacing_folder(Path("data/documents")) as folder:
        write_documents(folder / "documents.parquet", ingestion.documents)
    write_json(Path("data/ingest.json"), ingestion.report())
    log = logging.getLogger("winnow")
    log.info(
        "ingest: %d read, %d quarantined", len(ingestion.documents), len(ingestion.quarantined)
    )
    for file in ingestion.quarantined:
        log.warning("quarantined %s: %s", file.path, file.reason)


if __name__ == "__main__":
    run_stage(main)
