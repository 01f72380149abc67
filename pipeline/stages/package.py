"""Stage `package`: the outputs of all stages to a Version."""

import logging
from collections.abc import Sequence
from pathlib import Path

from pipeline import params
from pipeline.answerer import open_answerer
from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.export.reranker_export import exported_reranker
from pipeline.params import ParamsSection, read_section
from pipeline.process import run_stage, scratch_folder
from pipeline.versions.packaging import Parts, package

_BUILT_WITH: dict[str, type[ParamsSection]] = {
    "ingest": params.IngestParams,
    "ocr": params.OcrParams,
    "cleaning": params.CleaningParams,
    "chunk": params.ChunkParams,
    "encoder": params.EncoderParams,
    "index": params.IndexParams,
}


def main(_: Sequence[str]) -> None:
    """Write `data/version` and answer once from it."""
    file, data = Path("params.yaml"), Path("data")
    built_with = {name: read_section(file, name, model) for name, model in _BUILT_WITH.items()}
    retrieval = read_section(file, "retrieval", params.RetrievalParams)
    model, cache = retrieval.reranker, scratch_folder() / "rerankers"
    reranker = exported_reranker(model, cache) if model else None
    names = ("documents", "chunks", "encoder", "embeddings", "index")
    folders = {name: data / name for name in names}
    version = package(
        Parts(**folders, reranker=reranker),
        DOCUMENT_ROWS.read(data / "documents" / "documents.parquet"),
        {name: section.model_dump(mode="json") for name, section in built_with.items()},
        retrieval,
        read_section(file, "generation", params.GenerationParams),
        data / "version",
    )
    answerer = open_answerer(version)
    if not version.manifest.providers:
        answerer.answer("Does it answer?")
    logging.getLogger("winnow").info("package: Version %s", version.id)


if __name__ == "__main__":
    run_stage(main)
