"""Stage `chunk`: Documents to chunks."""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pipeline.artifact import replacing_folder
from pipeline.chunker import chunk_documents
from pipeline.chunks import write_chunks
from pipeline.digest import folder_files
from pipeline.documents import read_documents
from pipeline.embedding import embed_texts
from pipeline.embedding_cache import EmbeddingCache
from pipeline.encoder_export import exported_encoder
from pipeline.onnx_encoder import OnnxEncoder
from pipeline.params import ChunkParams, EncoderParams, read_section
from pipeline.semantic_breakpoints import Embed
from pipeline.stage import run_stage, scratch_folder


def main(_: Sequence[str]) -> None:
    """Cut `data/documents` into `data/chunks`."""
    params = read_section(Path("params.yaml"), "chunk", ChunkParams)
    documents = read_documents(Path("data/documents/documents.parquet"))
    embed = _embed() if params.method == "semantic" else None
    chunks = chunk_documents(documents, params, embed)
    with replacing_folder(Path("data/chunks")) as folder:
        write_chunks(folder / "chunks.parquet", chunks)
    logging.getLogger("winnow").info(
        "chunk: %d chunks of %d documents", len(chunks), len(documents)
    )


def _embed() -> Embed:
    params = read_section(Path("params.yaml"), "encoder", EncoderParams)
    exported = exported_encoder(params, scratch_folder() / "encoders")
    encoder = OnnxEncoder.open(folder_files(exported))
    cache = EmbeddingCache(scratch_folder() / "embeddings", encoder.card)
    return partial(embed_texts, encoder=encoder, cache=cache)


if __name__ == "__main__":
    run_stage(main)
