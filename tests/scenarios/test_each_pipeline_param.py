"""Every param that determines a Version changes what it says it changes.

Those of reading files and those of a language model have files of their own,
test_each_ingest_param.py and test_each_model_param.py.
"""

import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from pipeline.answer import Answer
from pipeline.answerer import open_answerer
from pipeline.errors import ParamsError
from pipeline.export.loading import model_source
from pipeline.params import (
    ChunkParams,
    EncoderParams,
    GenerationParams,
    IndexParams,
    ParamsSection,
    RetrievalParams,
    parse_section,
)
from pipeline.retrieval.index_recall import IndexRecall, check_recall
from pipeline.retrieval.vector_index import CENTROIDS, POINTS, build_index, write_index
from pipeline.versions.version import Version, open_version_folder
from tests.scenarios.test_each_model_param import LATER
from tests.support.models import write_tiny_cross_encoder
from tests.support.versions import SETTINGS, build_version, write_tiny_model

SECTIONS: dict[str, type[ParamsSection]] = {
    "chunk": ChunkParams,
    "encoder": EncoderParams,
    "index": IndexParams,
    "retrieval": RetrievalParams,
    "generation": GenerationParams,
}
ELSEWHERE = {
    ("index", "least_recall"), ("retrieval", "reranker"), ("encoder", "provider"),
    *(("generation", key) for key, _ in LATER),
}  # fmt: skip
"""Params that have a test of their own, here or in test_each_model_param.py."""
MINI_LM = "all-MiniLM-L6-v2"
Changes = dict[str, dict[str, Any]]
CUT = {"chunk", "embed", "index"}
SENTENCE: Changes = {"chunk": {"method": "sentence"}}
SEMANTIC: Changes = {"chunk": {"method": "semantic"}}
SMALL_TO_BIG: Changes = {"chunk": {"method": "small_to_big", "size": 20}}
BUILDING: list[tuple[str, str, Any, Changes, set[str]]] = [
    ("ingest", "exclude", ["*.txt"], {}, {"ingest", *CUT}),
    ("chunk", "method", "document", {}, CUT),
    ("chunk", "method", "token", {}, CUT),
    ("chunk", "method", "sentence", {}, CUT),
    ("chunk", "method", "headings", {}, CUT),
    ("chunk", "method", "semantic", {}, CUT),
    ("chunk", "method", "small_to_big", {"chunk": {"size": 50}}, CUT),
    ("chunk", "size", 30, {}, CUT),
    ("chunk", "overlap", 25, {}, CUT),
    ("chunk", "tokenizer", MINI_LM, {}, CUT),
    ("chunk", "window", 3, SENTENCE, {"chunk"}),
    ("chunk", "parent", 60, SMALL_TO_BIG, {"chunk"}),
    ("chunk", "breakpoint", 20.0, SEMANTIC, CUT),
    ("chunk", "prefix", "title", {}, CUT),
    ("chunk", "prefix", "headings", {}, CUT),
    ("encoder", "model", MINI_LM, {}, {"embed", "index"}),
    ("encoder", "max_tokens", 8, {}, {"embed", "index"}),
    ("encoder", "precision", "int8", {}, {"embed", "index"}),
    ("index", "kind", "hnsw", {}, {"index"}),
    ("index", "part", 0, {}, {"index"}),
]
"""A second value of each param of the files, what else is set, and the stages it changes."""
HNSW = {"kind": "hnsw"}
IVF_PQ = {"kind": "ivf_pq", "pq_m": 8, "ivf_nlist": 16, "ivf_nprobe": 2}
INDEXING: list[tuple[str, Any, dict[str, Any]]] = [
    ("kind", "ivf_pq", {"pq_m": 8}),
    ("hnsw_m", 8, HNSW),
    ("hnsw_ef_construction", 8, HNSW),
    ("hnsw_ef_search", 256, HNSW),
    ("ivf_nlist", 8, IVF_PQ),
    ("ivf_nprobe", 3, IVF_PQ),
    ("pq_m", 4, IVF_PQ),
]
"""Params of the inexact indexes, tried on more vectors than a small corpus has."""
WARRANTY = "How long does the warranty last?"
RETURNS = "Fjell pump warranty and returns of a broken pump"
FEW: Changes = {"retrieval": {"diversity": 0.9}}
ONE: Changes = {"retrieval": {"documents": ["warranty.md"], "top_k": 1}}
ANSWERING: list[tuple[str, str, Any, Changes, str]] = [
    ("retrieval", "mode", "dense", {}, WARRANTY),
    ("retrieval", "mode", "lexical", {}, WARRANTY),
    ("retrieval", "top_k", 1, {}, WARRANTY),
    ("retrieval", "fusion", "min_max", {}, WARRANTY),
    ("retrieval", "fusion", "reciprocal_rank", {}, WARRANTY),
    ("retrieval", "weight", 0.2, {}, WARRANTY),
    ("retrieval", "candidates", 2, FEW, WARRANTY),
    ("retrieval", "threshold", 0.5, {}, WARRANTY),
    ("retrieval", "diversity", 0.9, {}, WARRANTY),
    ("retrieval", "neighbours", 1, ONE, WARRANTY),
    ("retrieval", "documents", ["*.txt"], {}, WARRANTY),
    ("retrieval", "folders", ["elsewhere"], {}, WARRANTY),
    ("retrieval", "languages", ["french"], {}, WARRANTY),
    ("retrieval", "tags", ["manual"], {}, WARRANTY),
    ("generation", "sentences", 1, {}, RETURNS),
    ("generation", "lexical", 1.0, {}, RETURNS),
    ("generation", "margin", 0.0, {}, RETURNS),
    ("generation", "threshold", 0.99, {}, WARRANTY),
    ("generation", "exact", False, {}, "What does error E-9999 of the pump mean?"),
]
"""A second value of each param of answering, what else is set, and a question that tells."""


def test_no_param_is_left_out() -> None:
    tried = {(section, key) for section, key, *_ in [*BUILDING, *ANSWERING]} | ELSEWHERE
    tried |= {("index", key) for key, *_ in INDEXING}
    tried = {(section, key) for section, key in tried if section in SECTIONS}
    assert tried == {(name, key) for name, model in SECTIONS.items() for key in model.model_fields}


@pytest.fixture(scope="module")
def long_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = tmp_path_factory.mktemp("long") / "raw"
    raw.mkdir()
    pump = " ".join(f"The pump number {row} runs with E-{row}." for row in range(20))
    (raw / "pump.md").write_text(f"# Pumps\n\nAll of them.\n\n## Errors\n\n{pump}\n")
    (raw / "valve.txt").write_text("The valve opens slowly. It closes fast.\n")
    return raw


@pytest.fixture(scope="module")
def built(
    long_corpus: Path, encoders: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Changes], Version]:
    """Builds a Version of the corpus with a tiny encoder, each combination of settings once."""
    model = tmp_path_factory.mktemp("model") / "tiny"
    tiny = str(write_tiny_model(model, Path(model_source(MINI_LM))))

    @cache
    def version(settings: str) -> Version:
        work = tmp_path_factory.mktemp("built")
        return build_version(long_corpus, work, encoders, json.loads(settings))

    def of(changes: Changes) -> Version:
        encoder = {"model": tiny, "max_tokens": 64, **changes.get("encoder", {})}
        return version(json.dumps({**changes, "encoder": encoder}, sort_keys=True))

    return of


@pytest.mark.parametrize(("section", "key", "value", "base", "stages"), BUILDING)
def test_a_param_of_the_files_changes_them(
    built: Callable[[Changes], Version],
    section: str,
    key: str,
    value: Any,
    base: Changes,
    stages: set[str],
) -> None:
    first = built(base)
    second = built({**base, section: {**base.get(section, {}), key: value}})
    assert second.id != first.id
    assert second.manifest.params[section][key] == value
    outputs = first.manifest.outputs, second.manifest.outputs
    assert {stage for stage in outputs[0] if outputs[0][stage] != outputs[1][stage]} == stages
    assert (first.encoder.hash != second.encoder.hash) == (section == "encoder")


def _indexed(changes: dict[str, Any]) -> bytes:
    params = parse_section(IndexParams, "index", {**SETTINGS["index"], **changes})
    vectors = np.random.default_rng(7).normal(size=(POINTS * CENTROIDS, 16)).astype(np.float32)
    with TemporaryDirectory() as folder:
        write_index(Path(folder) / "index", build_index(vectors, params))
        return (Path(folder) / "index").read_bytes()


@pytest.mark.parametrize(("key", "value", "base"), INDEXING)
def test_a_param_of_an_inexact_index_changes_it(key: str, value: Any, base: dict[str, Any]) -> None:
    assert _indexed(base) != _indexed({**base, key: value})


def test_the_least_recall_decides_whether_there_is_an_index() -> None:
    found = IndexRecall(recall=0.7, queries=200)
    for least, fails in ((0.69, False), (0.71, True)):
        params = parse_section(
            IndexParams, "index", {**SETTINGS["index"], **HNSW, "least_recall": least}
        )
        with pytest.raises(ParamsError) if fails else nullcontext():
            check_recall(found, params)


def _answer(version: Version, changes: dict[str, dict[str, Any]], question: str) -> Answer:
    manifest = version.manifest
    sections: dict[str, ParamsSection] = {
        name: parse_section(SECTIONS[name], name, {**SETTINGS[name], **changes.get(name, {})})
        for name in ("retrieval", "generation")
    }
    changed = replace(version, manifest=manifest.model_copy(update=sections))
    return open_answerer(changed).answer(question)


@pytest.mark.parametrize(("section", "key", "value", "base", "question"), ANSWERING)
def test_a_param_of_answering_changes_an_answer(
    version: Version, section: str, key: str, value: Any, base: Changes, question: str
) -> None:
    changes = {**base, section: {**base.get(section, {}), key: value}}
    first, second = _answer(version, base, question), _answer(version, changes, question)
    assert (first.passages, first.sentences) != (second.passages, second.sentences)


def test_a_reranker_changes_the_order_and_goes_with_the_version(
    version: Version, corpus: Path, encoders: Path, tmp_path: Path
) -> None:
    tokenizer = Path(model_source(MINI_LM))
    model = str(write_tiny_cross_encoder(tmp_path / "model", tokenizer))
    work = tmp_path / "work"
    second = build_version(corpus, work, encoders, {"retrieval": {"reranker": model}})
    assert second.manifest.outputs == version.manifest.outputs
    assert second.manifest.settings["retrieval.reranker"] == model
    shutil.rmtree(model)
    reranked = open_answerer(open_version_folder(work / "version")).answer(WARRANTY)
    assert reranked.passages != _answer(version, {}, WARRANTY).passages


def test_a_param_of_answering_changes_the_version_and_none_of_its_files(
    version: Version, corpus: Path, encoders: Path, tmp_path: Path
) -> None:
    second = build_version(corpus, tmp_path, encoders, {"generation": {"threshold": 0.31}})
    assert second.id != version.id
    assert second.manifest.outputs == version.manifest.outputs
    assert second.manifest.settings["generation.threshold"] == 0.31
