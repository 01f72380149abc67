import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from pipeline.answer import Answer, Generation, Passage, Sentence
from pipeline.answerer import Answerer, open_answerer, open_retriever
from pipeline.encoders.onnx_encoder import OnnxEncoder
from pipeline.errors import VersionError
from pipeline.versions.version import Version
from tests.fakes import ScriptedRetriever
from tests.support.models import ScriptedGenerator

_CHILD = """
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

class Absent(MetaPathFinder):
    names = {"torch", "transformers", "sentence_transformers", "llama_index", "ragas", "mlflow",
             "gradio", "grimp", "tiktoken", "nltk", "huggingface_hub", "dvc", "pandas"}
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ImportError(f"{name} is not installed here")

def no_network(event, arguments):
    if event.startswith("socket."):
        raise OSError(f"there is no network here: {event}")

sys.meta_path.insert(0, Absent())
sys.addaudithook(no_network)
from pipeline.answerer import open_answerer
from pipeline.versions.version import open_version_folder
answer = open_answerer(open_version_folder(Path(sys.argv[1]))).answer(sys.argv[2])
print(answer.text, [passage.document for passage in answer.cited])
"""


def _passages(*lengths: int) -> list[Passage]:
    return [
        Passage(rank, 1 / rank, str(rank), "a.md", 0, length, "x" * length, "h", None, ())
        for rank, length in enumerate(lengths, start=1)
    ]


def _ranker(passages: list[Passage]) -> Answerer:
    return Answerer(ScriptedRetriever({"": passages}), ScriptedGenerator({}), 2)


def test_the_generator_is_given_the_best_passages_and_times_are_kept() -> None:
    generation = Generation((Sentence("Yes.", (2,)),), tokens=7, cost=0.5)
    answerer = Answerer(
        ScriptedRetriever({"": _passages(5, 5, 5)}), ScriptedGenerator({"Does it?": generation}), 2
    )
    answer = answerer.answer("Does it?")
    assert [passage.rank for passage in answer.passages] == [1, 2]
    assert [passage.rank for passage in answer.cited] == [2]
    assert (answer.text, answer.tokens, answer.cost) == ("Yes.", 7, 0.5)
    assert set(answer.seconds) == {"retrieve", "generate"}
    assert all(seconds >= 0 for seconds in answer.seconds.values())
    assert not answer.abstained


def test_answers_are_equal_whatever_they_took() -> None:
    assert Answer("q", (), (), seconds={"retrieve": 1.0}) == Answer("q", (), ())
    assert _ranker([]).answer("q").abstained


@pytest.mark.parametrize(
    ("characters", "count"), [(1, 1), (10, 1), (11, 2), (160, 16), (161, 17), (2_000, 200)]
)
def test_ranking_stops_once_the_characters_are_reached(characters: int, count: int) -> None:
    ranked = _ranker(_passages(*[10] * 300)).rank("q", characters)
    assert [passage.rank for passage in ranked] == list(range(1, count + 1))


@pytest.mark.parametrize("held", [0, 1, 15, 16, 17, 64, 65])
def test_ranking_ends_with_the_index(held: int) -> None:
    assert len(_ranker(_passages(*[10] * held)).rank("q", 1_000_000)) == held


def test_a_version_answers_cites_and_abstains(version: Version) -> None:
    answerer = open_answerer(version)
    answer = answerer.answer("How long does the warranty of the Fjell pump last?")
    assert "five years" in answer.text
    assert {passage.document for passage in answer.cited} == {"warranty.md"}
    assert answer.cited[0].headings == ("Warranty",)
    assert len(answer.passages) == version.manifest.retrieval.top_k
    assert answerer.answer("How long does the warranty of the Fjell pump last?") == answer
    assert answerer.answer("Who won the football world cup in France?").abstained


MODES = ("dense", "lexical", "hybrid")


def _in_mode(version: Version, mode: str) -> Version:
    manifest = version.manifest
    retrieval = manifest.retrieval.model_copy(update={"mode": mode})
    return replace(version, manifest=manifest.model_copy(update={"retrieval": retrieval}))


@pytest.mark.parametrize("mode", MODES)
def test_a_version_answers_in_every_mode(version: Version, mode: str) -> None:
    answer = open_answerer(_in_mode(version, mode)).answer("What does error E-4471 mean?")
    assert "return line" in answer.text
    assert answer.passages[0].document == "notes.txt"
    assert open_answerer(_in_mode(version, mode)).answer("Who won the cup in E-9999?").abstained


@pytest.mark.parametrize("mode", MODES)
def test_a_deeper_ranking_begins_as_a_shallower_one(version: Version, mode: str) -> None:
    retriever = open_retriever(_in_mode(version, mode))
    whole = retriever.retrieve("the warranty of a pump", 100)
    assert len(whole) == len(version.chunks) if mode != "lexical" else len(whole) >= 2
    assert all(retriever.retrieve("the warranty of a pump", k) == whole[:k] for k in range(5))


def test_a_version_without_what_its_settings_ask_for_says_so(version: Version) -> None:
    manifest = version.manifest
    retrieval = manifest.retrieval.model_copy(update={"reranker": "some/model"})
    reranked = replace(version, manifest=manifest.model_copy(update={"retrieval": retrieval}))
    for lacking, reason in (
        (reranked, "no reranker, but `retrieval.reranker` is 'some/model'"),
        (replace(version, lexical=None), "no lexical index, but `retrieval.mode` is 'hybrid'"),
    ):
        with pytest.raises(VersionError, match=f"{version.id} holds {reason}; build it again"):
            open_retriever(lacking)
    assert open_retriever(_in_mode(replace(version, lexical=None), "dense")).retrieve("pump", 1)


def test_by_words_alone_no_question_is_encoded(version: Version) -> None:
    class Unusable:
        def encode(self, texts: object, progress: object = None) -> None:
            raise AssertionError(f"{texts} {progress}")

    changed = replace(_in_mode(version, "lexical"), encoder=cast(OnnxEncoder, Unusable()))
    assert open_retriever(changed).retrieve("warranty", 1)[0].document == "warranty.md"


def test_words_of_no_chunk_are_an_abstention_by_words_alone(version: Version) -> None:
    answer = open_answerer(_in_mode(version, "lexical")).answer("who is it?")
    assert answer.abstained
    assert answer.passages == ()


@pytest.mark.parametrize("question", ["", " ", "?", "caf\udce9", "保証", "x" * 50_000, "a\0b"])
def test_any_question_has_an_answer(version: Version, question: str) -> None:
    assert len(open_answerer(version).answer(question).passages) == 4


def test_ranking_a_version_reaches_every_chunk_once(version: Version) -> None:
    ranked = open_answerer(version).rank("pump", 1_000_000)
    assert len({passage.chunk_id for passage in ranked}) == len(ranked) == len(version.chunks)


def test_answering_needs_no_torch_and_no_network(version_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(version_folder), "What does error E-4471 mean?"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "return line" in done.stdout
    assert "['notes.txt']" in done.stdout
