"""A small corpus in five formats, and a Version built from it as the stages do."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
from fpdf import FPDF

from pipeline.chunking.chunk import write_chunks
from pipeline.chunking.chunker import chunk_documents
from pipeline.documents.document import Document
from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.documents.ingestion import default_source, ingest
from pipeline.documents.report import IngestReport
from pipeline.documents.worker import MachineLimits
from pipeline.encoders.opening import open_encoder
from pipeline.export.embedder import embed_texts
from pipeline.export.encoder_export import copy_encoder, exported_encoder
from pipeline.export.reranker_export import exported_reranker
from pipeline.files import folder_files, replacing_folder
from pipeline.params import (
    ChunkParams,
    CleaningParams,
    EncoderParams,
    GenerationParams,
    IndexParams,
    IngestParams,
    OcrParams,
    RetrievalParams,
    parse_section,
)
from pipeline.retrieval.lexical_index import build_lexical_index, write_lexical_index
from pipeline.retrieval.vector_index import build_index, write_index
from pipeline.tables import write_array
from pipeline.versions.packaging import Parts, package
from pipeline.versions.version import Version

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

SETTINGS: dict[str, dict[str, Any]] = {
    "ingest": {
        "exclude": [".gitignore"],
        "max_megabytes": 20,
        "max_unpacked_megabytes": 100,
        "max_pages": 100,
        "max_megapixels": 20,
        "near_duplicate": 0.9,
        "tags": {"manual": ["install.*", "maintenance.*"]},
    },
    "ocr": {"mode": "auto", "resolution": 150, "discard": 0.5, "threshold": 0.8},
    "cleaning": {
        "ligatures": True,
        "hyphenation": True,
        "repeated_lines": True,
        "whitespace": True,
    },
    "chunk": {
        "method": "recursive",
        "size": 60,
        "overlap": 0,
        "tokenizer": "cl100k_base",
        "window": 1,
        "parent": 120,
        "breakpoint": 80.0,
        "prefix": "none",
    },
    "encoder": {
        "provider": "local",
        "model": "all-MiniLM-L6-v2",
        "max_tokens": 128,
        "precision": "fp32",
    },
    "index": {
        "kind": "flat",
        "hnsw_m": 16,
        "hnsw_ef_construction": 64,
        "hnsw_ef_search": 64,
        "ivf_nlist": 4,
        "ivf_nprobe": 4,
        "pq_m": 96,
        "least_recall": 0.5,
        "part": 4,
    },
    "retrieval": {
        "mode": "hybrid",
        "top_k": 4,
        "fusion": "agreement",
        "weight": 0.66,
        "candidates": 50,
        "reranker": None,
        "threshold": None,
        "diversity": 0.0,
        "neighbours": 0,
        "documents": [],
        "folders": [],
        "languages": [],
        "tags": [],
    },
    "generation": {
        "generator": "extractive",
        "sentences": 2,
        "lexical": 0.3,
        "margin": 0.1,
        "threshold": 0.3,
        "exact": True,
        "model": "llama-3.3-70b-versatile",
        "prompt": "cited",
        "condense": "standalone",
        "temperature": 0.0,
        "max_tokens": 300,
        "window": 4096,
        "history": 500,
    },
}
"""Of every section that determines a Version; not params.yaml, which people change."""

BUILDING = ("ingest", "ocr", "cleaning", "chunk", "encoder", "index")
"""The sections that determine a Version's files."""

_WARRANTY = """# Warranty

The warranty of the Fjell pump lasts five years from the day of purchase.
Batteries are covered for one year only. Who pays for the return of a broken pump?

## Returns

A broken pump is sent back free of charge within thirty days. Keep the receipt and the box.
"""
_GARANTIE = """<html><head><title>Garantie</title></head><body><h1>Garantie</h1>
<p>La garantie de la chaudière Brisa dure dix ans. M. Dupont répond aux questions.</p>
<table><tr><th>Pièce</th><th>Prix</th></tr><tr><td>Joint torique</td><td>12 €</td></tr></table>
</body></html>"""
_NOTES = """Error E-4471 means that the return line of the pump is frozen.
Thaw the return line slowly and start the pump again.

The hub shows a blue light while it looks for the network.
"""


def write_corpus(folder: Path) -> Path:
    """Write five files of five formats."""
    folder.mkdir(parents=True)
    (folder / "warranty.md").write_text(_WARRANTY, encoding="utf-8")
    (folder / "garantie.html").write_text(_GARANTIE, encoding="utf-8")
    (folder / "notes.txt").write_text(_NOTES, encoding="utf-8")
    (folder / "install.pdf").write_bytes(
        pdf("Mount the pump on a level wall.", "Tighten the screws with eight newton metres.")
    )
    document = docx.Document()
    document.add_heading("Maintenance", 1)
    document.add_paragraph("Clean the filter every three months with warm water.")
    document.save(str(folder / "maintenance.docx"))
    return folder


def pdf(*pages: str, password: str | None = None) -> bytes:
    """Return a PDF with a text layer; an empty text makes an empty page."""
    file = FPDF()
    file.set_font("helvetica", size=12)
    for text in pages:
        file.add_page()
        if text:
            file.multi_cell(0, text=text)
    if password:
        file.set_encryption(owner_password="owner", user_password=password)
    return bytes(file.output())


def build_version(
    raw: Path,
    work: Path,
    encoders: Path,
    changes: dict[str, dict[str, Any]] | None = None,
    endpoints: "Endpoints | None" = None,
) -> Version:
    """Build a Version into `work/version`, with changed settings where given."""
    settings = {name: {**SETTINGS[name], **(changes or {}).get(name, {})} for name in SETTINGS}
    parts = Parts(*(work / name for name in ("documents", "chunks", "encoder", "vectors", "index")))
    documents, _ = ingested(raw, encoders.parent / "readings", settings)
    encoder = exported_encoder(
        parse_section(EncoderParams, "encoder", settings["encoder"]), encoders, endpoints
    )
    opened = open_encoder(folder_files(encoder), endpoints)
    chunk_params = parse_section(ChunkParams, "chunk", settings["chunk"])
    chunks = chunk_documents(documents, chunk_params, opened.encode)
    vectors = embed_texts([chunk.indexed_text for chunk in chunks], opened)
    index_params = parse_section(IndexParams, "index", settings["index"])
    index = build_index(vectors, index_params)
    lexical = build_lexical_index([chunk.indexed_text for chunk in chunks], index_params)
    for folder in (parts.documents, parts.chunks, parts.encoder, parts.embeddings, parts.index):
        folder.mkdir(parents=True)
    DOCUMENT_ROWS.write(parts.documents / "documents.parquet", documents)
    write_chunks(parts.chunks / "chunks.parquet", chunks)
    copy_encoder(encoder, parts.encoder)
    write_array(parts.embeddings / "embeddings.npy", vectors)
    write_index(parts.index / "vectors.faiss", index)
    write_lexical_index(parts.index / "lexical", lexical)
    retrieval = parse_section(RetrievalParams, "retrieval", settings["retrieval"])
    if retrieval.reranker:
        parts = replace(parts, reranker=exported_reranker(retrieval.reranker, encoders))
    version = package(
        parts,
        documents,
        {name: settings[name] for name in BUILDING},
        retrieval,
        parse_section(GenerationParams, "generation", settings["generation"]),
        work / "version",
    )
    _share(encoder, parts.encoder, work / "version" / "encoder")
    return version


def _share(original: Path, *copies: Path) -> None:
    """Link copies of an encoder to the first one: dozens of Versions would fill a disk."""
    for path in (path for path in original.rglob("*") if path.is_file()):
        for copy in copies:
            twin = copy / path.relative_to(original)
            if twin.is_file() and twin.read_bytes() == path.read_bytes():
                twin.unlink()
                os.link(path, twin)


def ingested(
    raw: Path, cache: Path, settings: dict[str, dict[str, Any]]
) -> tuple[list[Document], IngestReport]:
    """Ingest a folder as the stage does."""
    params = parse_section(IngestParams, "ingest", settings["ingest"])
    ocr = parse_section(OcrParams, "ocr", settings["ocr"])
    cleaning = parse_section(CleaningParams, "cleaning", settings["cleaning"])
    source = default_source(params, ocr, cache, MachineLimits(1))
    return ingest(raw, source, params, ocr, cleaning)


def write_tiny_model(
    folder: Path, tokenizer: Path, family: str = "bert", tokens: int = 128
) -> Path:
    """Write a sentence-transformers model of random weights: real, small and quick to export."""
    import torch
    from transformers import (
        AutoTokenizer,
        BertConfig,
        BertModel,
        DistilBertConfig,
        DistilBertModel,
        PreTrainedModel,
    )

    torch.manual_seed(7)
    if family == "bert":
        config = BertConfig(
            hidden_size=32,
            num_attention_heads=2,
            num_hidden_layers=1,
            intermediate_size=64,
            max_position_embeddings=tokens,
        )
        model: PreTrainedModel = BertModel(config)
    else:
        model = DistilBertModel(DistilBertConfig(dim=32, n_heads=2, n_layers=1, hidden_dim=64))
    with replacing_folder(folder) as temporary:
        model.save_pretrained(temporary)
        AutoTokenizer.from_pretrained(tokenizer).save_pretrained(temporary)
    return folder
