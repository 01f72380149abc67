"""Stage `embed`: chunks to vectors, through an encoder exported to ONNX."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.artifact import replacing_folder, write_array
from pipeline.chunks import ChunkTable
from pipeline.digest import folder_files
from pipeline.embedding import embed_texts
from pipeline.embedding_cache import EmbeddingCache
from pipeline.encoder_export import copy_encoder, exported_encoder
from pipeline.onnx_encoder import OnnxEncoder
from pipeline.params import EncoderParams, read_section
from pipeline.stage import run_stage, scratch_folder


def main(_: Sequence[str]) -> None:
    """Encode `data/chunks` into `data/embeddings`, and keep the encoder in `data/encoder`."""
    params = read_section(Path("params.yaml"), "encoder", EncoderParams)
    chunks = ChunkTable.read(Path("data/chunks/chunks.parquet"))
    exported = exported_encoder(params, scratch_folder() / "encoders")
    encoder = OnnxEncoder.open(folder_files(exported))
    cache = EmbeddingCache(scratch_folder() / "embeddings", encoder.card)
    vectors = embed_texts(chunks.indexed_texts(), encoder, cache)
    with replacing_folder(Path("data/embeddings")) as folder:
        write_array(folder / "embeddings.npy", vectors)
    with replacing_folder(Path("data/encoder")) as folder:
        copy_encoder(exported, folder)


if __name__ == "__main__":
    run_stage(main)
