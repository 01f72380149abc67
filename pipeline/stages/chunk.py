"""Stage `chunk`: Documents to chunks."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from pipeline.chunking.chunk import write_chunks
from pipeline.chunking.chunker import chunk_documents
from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.endpoints.endpoints import Endpoints
from pipeline.export.embedder import Embedder, open_embedder
from pipeline.files import replacing_folder
from pipeline.params import ChunkParams, EncoderParams, SpendingParams, read_section
from pipeline.process import run_stage, scratch_folder


def main(_: Sequence[str]) -> None:
    """Cut `data/documents` into `data/chunks`."""
    params = read_section(Path("params.yaml"), "chunk", ChunkParams)
    documents = DOCUMENT_ROWS.read(Path("data/documents/documents.parquet"))
    with _embedder() if params.method == "semantic" else nullcontext() as embed:
        chunks = chunk_documents(documents, params, embed)
    with replacing_folder(Path("data/chunks")) as folder:
        write_chunks(folder / "chunks.parquet", chunks)
    logging.getLogger("winnow").info(
        "chunk: %d chunks of %d documents", len(chunks), len(documents)
    )


@contextmanager
def _embedder() -> Iterator[Embedder]:
    params = read_section(Path("params.yaml"), "encoder", EncoderParams)
    spending = read_section(Path("params.yaml"), "spending", SpendingParams)
    with Endpoints(os.environ, scratch_folder(), spending) as endpoints:
        yield open_embedder(params, scratch_folder(), endpoints)


if __name__ == "__main__":
    run_stage(main)
