"""Stage `embed`: chunks to vectors, through a local encoder or one behind an endpoint."""

import os
from collections.abc import Sequence
from pathlib import Path

from pipeline.chunking.chunk import ChunkTable
from pipeline.endpoints.endpoints import Endpoints
from pipeline.export.embedder import open_embedder
from pipeline.export.encoder_export import copy_encoder
from pipeline.files import replacing_folder
from pipeline.params import EncoderParams, SpendingParams, read_section
from pipeline.process import run_stage, scratch_folder
from pipeline.tables import write_array


def main(_: Sequence[str]) -> None:
    """Encode `data/chunks` into `data/embeddings`, and keep the encoder in `data/encoder`."""
    params = read_section(Path("params.yaml"), "encoder", EncoderParams)
    spending = read_section(Path("params.yaml"), "spending", SpendingParams)
    chunks = ChunkTable.read(Path("data/chunks/chunks.parquet"))
    with Endpoints(os.environ, scratch_folder(), spending) as endpoints:
        embedder = open_embedder(params, scratch_folder(), endpoints)
        vectors = embedder(chunks.indexed_texts())
    with replacing_folder(Path("data/embeddings")) as folder:
        write_array(folder / "embeddings.npy", vectors)
    with replacing_folder(Path("data/encoder")) as folder:
        copy_encoder(embedder.exported, folder)


if __name__ == "__main__":
    run_stage(main)
