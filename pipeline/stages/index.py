"""Stage `index`: vectors to a FAISS index, and texts to a lexical one."""

import logging
from collections.abc import Sequence
from pathlib import Path

from pipeline.chunking.chunk import ChunkTable
from pipeline.files import replacing_folder, write_json
from pipeline.params import IndexParams, read_section
from pipeline.process import run_stage
from pipeline.retrieval.index_recall import check_recall, measure_recall
from pipeline.retrieval.lexical_index import build_lexical_index, write_lexical_index
from pipeline.retrieval.vector_index import build_index, write_index
from pipeline.tables import read_array


def main(_: Sequence[str]) -> None:
    """Index `data/embeddings` and `data/chunks` into `data/index`, measured in a JSON file."""
    params = read_section(Path("params.yaml"), "index", IndexParams)
    vectors = read_array(Path("data/embeddings/embeddings.npy"))
    index = build_index(vectors, params)
    measured = measure_recall(index, vectors)
    check_recall(measured, params)
    chunks = ChunkTable.read(Path("data/chunks/chunks.parquet"))
    lexical = build_lexical_index(chunks.indexed_texts(), params)
    with replacing_folder(Path("data/index")) as folder:
        write_index(folder / "vectors.faiss", index)
        write_lexical_index(folder / "lexical", lexical)
    report = {
        "kind": params.kind,
        "vectors": len(index),
        "dimension": index.dimension,
        "bytes": Path("data/index/vectors.faiss").stat().st_size,
        "recall_at_10": measured.recall,
        "queries": measured.queries,
    }
    write_json(Path("data/index.json"), report)
    logging.getLogger("winnow").info(
        "index: %s of %d vectors, recall at 10 %s", params.kind, len(index), measured.recall
    )


if __name__ == "__main__":
    run_stage(main)
