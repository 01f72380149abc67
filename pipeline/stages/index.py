"""Stage `index`: vectors to a FAISS index, and texts to a lexical one."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.artifact import read_array, replacing_folder
from pipeline.chunks import ChunkTable
from pipeline.lexical_index import build_lexical_index, write_lexical_index
from pipeline.params import IndexParams, read_section
from pipeline.stage import run_stage
from pipeline.vector_index import build_index, write_index


def main(_: Sequence[str]) -> None:
    """Index `data/embeddings` and `data/chunks` into `data/index`."""
    params = read_section(Path("params.yaml"), "index", IndexParams)
    index = build_index(read_array(Path("data/embeddings/embeddings.npy")), params)
    chunks = ChunkTable.read(Path("data/chunks/chunks.parquet"))
    lexical = build_lexical_index(chunks.texts(), params)
    with replacing_folder(Path("data/index")) as folder:
        write_index(folder / "vectors.faiss", index)
        write_lexical_index(folder / "lexical", lexical)


if __name__ == "__main__":
    run_stage(main)
