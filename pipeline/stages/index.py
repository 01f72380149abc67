"""Stage `index`: vectors to a FAISS index."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.artifact import read_array, replacing_folder
from pipeline.params import IndexParams, read_section
from pipeline.stage import run_stage
from pipeline.vector_index import build_index, write_index


def main(_: Sequence[str]) -> None:
    """Index `data/embeddings` into `data/index`."""
    params = read_section(Path("params.yaml"), "index", IndexParams)
    index = build_index(read_array(Path("data/embeddings/embeddings.npy")), params)
    with replacing_folder(Path("data/index")) as folder:
        write_index(folder / "vectors.faiss", index)


if __name__ == "__main__":
    run_stage(main)
