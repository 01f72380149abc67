"""Every param that determines a Version changes what it says it changes.

Those of reading files have a file of their own, test_each_ingest_param.py.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.answer import Answer
from pipeline.answerer import open_answerer
from pipeline.errors import ParamsError
from pipeline.model_source import model_source
from pipeline.params import (
    ChunkParams,
    EncoderParams,
    GenerationParams,
    IndexParams,
    RetrievalParams,
    Section,
    parse_section,
)
from pipeline.version import Version
from tests.built_version import SETTINGS, build_version, write_tiny_model

SECTIONS: dict[str, type[Section]] = {
    "chunk": ChunkParams,
    "encoder": EncoderParams,
    "index": IndexParams,
    "retrieval": RetrievalParams,
    "generation": GenerationParams,
}
ONE_VALUE = [("index", "kind"), ("generation", "generator")]
"""Params that have a single value so far."""
BUILDING = [
    ("ingest", "exclude", ["*.txt"], "documents"),
    ("chunk", "method", "document", "chunks"),
    ("chunk", "size", 30, "chunks"),
    ("chunk", "overlap", 25, "chunks"),
    ("chunk", "tokenizer", "all-MiniLM-L6-v2", "chunks"),
    ("encoder", "model", "tiny", "encoder"),
    ("encoder", "max_tokens", 8, "encoder"),
    ("index", "part", 0, "index"),
]
"""A second value of each param of the files, and what it changes."""
ANSWERING = [
    ("retrieval", "mode", "dense", "How long does the warranty last?"),
    ("retrieval", "mode", "lexical", "How long does the warranty last?"),
    ("retrieval", "top_k", 1, "How long does the warranty last?"),
    ("retrieval", "fusion", "min_max", "How long does the warranty last?"),
    ("retrieval", "fusion", "reciprocal_rank", "How long does the warranty last?"),
    ("retrieval", "weight", 0.2, "How long does the warranty last?"),
    ("generation", "sentences", 1, "Fjell pump warranty and returns of a broken pump"),
    ("generation", "lexical", 1.0, "Fjell pump warranty and returns of a broken pump"),
    ("generation", "margin", 0.0, "Fjell pump warranty and returns of a broken pump"),
    ("generation", "threshold", 0.99, "How long does the warranty last?"),
    ("generation", "exact", False, "What does error E-9999 of the pump mean?"),
]
"""A second value of each param of answering, and a question that it answers otherwise."""


def test_no_param_is_left_out() -> None:
    tried = {(section, key) for section, key, *_ in [*BUILDING, *ANSWERING]} | set(ONE_VALUE)
    tried = {(section, key) for section, key in tried if section in SECTIONS}
    assert tried == {(name, key) for name, model in SECTIONS.items() for key in model.model_fields}


@pytest.mark.parametrize(("section", "key"), ONE_VALUE)
def test_a_second_value_is_refused_where_there_is_one(section: str, key: str) -> None:
    with pytest.raises(ParamsError, match=rf"`{section}\.{key}` is 'another': Input should be"):
        parse_section(SECTIONS[section], section, {**SETTINGS[section], key: "another"})


@pytest.fixture(scope="module")
def long_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = tmp_path_factory.mktemp("long") / "raw"
    raw.mkdir()
    pump = " ".join(f"The pump number {row} runs with E-{row}." for row in range(20))
    (raw / "pump.md").write_text(f"# Pumps\n\n{pump}\n")
    (raw / "valve.txt").write_text("The valve opens slowly. It closes fast.\n")
    return raw


@pytest.fixture(scope="module")
def first(long_corpus: Path, encoders: Path, tmp_path_factory: pytest.TempPathFactory) -> Version:
    return build_version(long_corpus, tmp_path_factory.mktemp("first"), encoders)


@pytest.mark.parametrize(("section", "key", "value", "changed"), BUILDING)
def test_a_param_of_the_files_changes_them(
    long_corpus: Path,
    first: Version,
    encoders: Path,
    tmp_path: Path,
    section: str,
    key: str,
    value: Any,
    changed: str,
) -> None:
    if value == "tiny":
        value = str(write_tiny_model(tmp_path / "tiny", Path(model_source("all-MiniLM-L6-v2"))))
    second = build_version(long_corpus, tmp_path / "work", encoders, {section: {key: value}})
    assert second.id != first.id
    assert second.manifest.params[section][key] == value
    spans = [
        [(chunk.document, chunk.start, chunk.end) for chunk in version.chunks.chunks()]
        for version in (first, second)
    ]
    outputs = first.manifest.outputs, second.manifest.outputs
    assert (spans[0] != spans[1]) == (changed in {"documents", "chunks"})
    assert (outputs[0]["ingest"] != outputs[1]["ingest"]) == (changed == "documents")
    assert (outputs[0]["chunk"] != outputs[1]["chunk"]) == (changed in {"documents", "chunks"})
    assert (outputs[0]["embed"] != outputs[1]["embed"]) == (changed != "index")
    assert outputs[0]["index"] != outputs[1]["index"]
    assert (first.encoder.hash != second.encoder.hash) == (changed == "encoder")


def _answer(version: Version, changes: dict[str, dict[str, Any]], question: str) -> Answer:
    manifest = version.manifest
    sections: dict[str, Section] = {
        name: parse_section(SECTIONS[name], name, {**SETTINGS[name], **changes.get(name, {})})
        for name in ("retrieval", "generation")
    }
    changed = replace(version, manifest=manifest.model_copy(update=sections))
    return open_answerer(changed).answer(question)


@pytest.mark.parametrize(("section", "key", "value", "question"), ANSWERING)
def test_a_param_of_answering_changes_an_answer(
    version: Version, section: str, key: str, value: Any, question: str
) -> None:
    assert _answer(version, {}, question) != _answer(version, {section: {key: value}}, question)


def test_a_param_of_answering_changes_the_version_and_none_of_its_files(
    version: Version, corpus: Path, encoders: Path, tmp_path: Path
) -> None:
    second = build_version(corpus, tmp_path, encoders, {"generation": {"threshold": 0.31}})
    assert second.id != version.id
    assert second.manifest.outputs == version.manifest.outputs
    assert second.manifest.settings["generation.threshold"] == 0.31
