"""Versions of every earlier format open and answer, each as the code of its day wrote it.

A fixture lacks the encoder's weights alone, 45 MB each; format 1 held the same network with its
word vectors inside, so the present weights give its vectors too.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.answerer import open_answerer, open_retriever
from pipeline.endpoints.endpoints import Endpoints
from pipeline.files import folder_files
from pipeline.generation.prompt import SUFFIX
from pipeline.versions.version import Version, open_version
from tests.loopback.fixture import LoopbackServer, environment
from tests.support.project import ROOT

FIXTURES = ROOT / "tests" / "pipeline" / "fixtures"
QUESTION = "How long does the warranty of the Fjell pump last?"
ALONE = ["version-1", "version-1-hybrid", "version-2"]


def opened(name: str, encoder_folder: Path) -> Version:
    weights = {f"encoder/{file}": path for file, path in folder_files(encoder_folder).items()}
    return open_version({**weights, **folder_files(FIXTURES / name)}, name)


@pytest.mark.parametrize("name", ALONE)
def test_a_version_of_an_earlier_format_answers(name: str, encoder_folder: Path) -> None:
    answer = open_answerer(opened(name, encoder_folder)).answer(QUESTION)
    assert "five years" in answer.text
    assert {passage.document for passage in answer.cited} == {"warranty.md"}


def test_one_that_asks_a_language_model_holds_its_own_prompts(
    encoder_folder: Path, loopback: LoopbackServer, tmp_path: Path
) -> None:
    version = opened("version-3", encoder_folder)
    with Endpoints(environment(loopback), tmp_path) as endpoints:
        answer = open_answerer(version, endpoints).answer(QUESTION)
    assert "five years" in answer.text
    asked = json.dumps(loopback.calls[-1].body)
    text = (FIXTURES / "version-3" / "prompts" / f"cited{SUFFIX}").read_text("utf-8")
    assert text.splitlines()[2] in asked


def test_the_first_versions_search_by_meaning_and_join_their_neighbours(
    encoder_folder: Path,
) -> None:
    version = opened("version-1", encoder_folder)
    assert version.lexical is None
    wider = version.manifest.retrieval.model_copy(update={"neighbours": 1})
    manifest = version.manifest.model_copy(update={"retrieval": wider})
    passages = open_retriever(replace(version, manifest=manifest)).retrieve("pump", 2)
    assert passages[0].end - passages[0].start == len(passages[0].text)


@pytest.mark.parametrize("name", [*ALONE, "version-3"])
def test_the_present_weights_give_the_vectors_of_then(name: str, encoder_folder: Path) -> None:
    version = opened(name, encoder_folder)
    vectors = version.encoder.encode(version.chunks.indexed_texts())
    for row, vector in enumerate(vectors):
        best = version.index.search(vector, 1)
        [found], [score] = best.rows.tolist(), best.scores.tolist()
        assert (found, score > 0.9999) == (row, True)
