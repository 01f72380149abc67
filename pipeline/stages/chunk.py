"""Stage `chunk`: Documents to chunks."""

import logging
from collections.abc import Sequence
from pathlib import Path

from pipeline.artifact import replacing_folder
from pipeline.chunker import chunk_documents
from pipeline.chunks import write_chunks
from pipeline.documents import read_documents
from pipeline.params import ChunkParams, read_section
from pipeline.stage import run_stage


def main(_: Sequence[str]) -> None:
    """Cut `data/documents` into `data/chunks`."""
    params = read_section(Path("params.yaml"), "chunk", ChunkParams)
    documents = read_documents(Path("data/documents/documents.parquet"))
    chunks = chunk_documents(documents, params)
    with replacing_folder(Path("data/chunks")) as folder:
        write_chunks(folder / "chunks.parquet", chunks)
    logging.getLogger("winnow").info(
        "chunk: %d chunks of %d documents", len(chunks), len(documents)
    )


if __name__ == "__main__":
    run_stage(main)
