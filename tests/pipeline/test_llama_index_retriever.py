import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from llama_index.core import Settings
from llama_index.core.chat_engine import ContextChatEngine
from llama_index.core.llms import MockLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import MetadataMode, QueryBundle

from pipeline.answer import Passage
from pipeline.answerer import open_answerer, open_retriever
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import PrerequisiteError, VersionError
from pipeline.llama_index_retriever import VersionRetriever, as_retriever
from pipeline.versions.store import VersionStore
from pipeline.versions.version import Version
from tests.loopback.fixture import environment, serving
from tests.pipeline.conftest import DvcProject
from tests.support.versions import build_version

QUESTION = "How long does the warranty of the Fjell pump last?"


@pytest.fixture(scope="module", autouse=True)
def _mock_llm() -> Iterator[None]:
    """`no_text` makes LlamaIndex's default language model, though it never asks it."""
    Settings.llm = MockLLM()
    yield
    Settings._llm = None


@pytest.fixture(scope="module")
def retriever(version: Version) -> VersionRetriever:
    return as_retriever(version)


def _asked(version: Version, question: str) -> list[Passage]:
    return list(open_answerer(version).answer(question).passages)


@pytest.mark.parametrize("question", [QUESTION, "E-4471", "Qui paie le retour ?", "", "保証"])
def test_the_nodes_are_the_passages_that_an_answer_is_made_from(
    retriever: VersionRetriever, version: Version, question: str
) -> None:
    nodes, passages = retriever.retrieve(question), _asked(version, question)
    assert [(n.node_id, n.text, n.score) for n in nodes] == [
        (p.chunk_id, p.text, p.score) for p in passages
    ]
    assert len(nodes) == version.manifest.retrieval.top_k


def test_a_node_says_where_its_text_stands(retriever: VersionRetriever, version: Version) -> None:
    [manual] = [n for n in retriever.retrieve("level wall screws") if "level wall" in n.text]
    assert manual.metadata == {
        "document": "install.pdf",
        "page": 1,
        "start": manual.node.start_char_idx,
        "end": manual.node.end_char_idx,
        "version": version.id,
    }
    best = retriever.retrieve(QUESTION)[0]
    assert best.metadata["headings"] == "Warranty"
    assert "page" not in best.metadata
    assert best.node.ref_doc_id == "warranty.md"
    assert best.metadata["end"] - best.metadata["start"] == len(best.text)


def test_a_language_model_reads_document_and_headings_before_the_text(
    retriever: VersionRetriever,
) -> None:
    node = retriever.retrieve(QUESTION)[0].node
    assert node.get_content(MetadataMode.LLM) == (
        f"document: warranty.md\nheadings: Warranty\n\n{node.get_content()}"
    )


@pytest.mark.parametrize("mode", ["compact", "refine", "tree_summarize"])
def test_a_query_engine_answers_from_the_passages(
    retriever: VersionRetriever, version: Version, mode: str
) -> None:
    engine = RetrieverQueryEngine.from_args(retriever, response_mode=mode)
    response = engine.query(QUESTION)
    passages = _asked(version, QUESTION)
    assert [n.node_id for n in response.source_nodes] == [p.chunk_id for p in passages]
    # MockLLM answers with its prompt. `refine` asks again with each further passage.
    assert QUESTION in str(response)
    assert (passages[-1] if mode == "refine" else passages[0]).text in str(response)


def test_without_a_language_model_the_passages_are_the_response(
    retriever: VersionRetriever, version: Version
) -> None:
    engine = RetrieverQueryEngine.from_args(retriever, response_mode="no_text")
    response = engine.query(QUESTION)
    assert [n.text for n in response.source_nodes] == [p.text for p in _asked(version, QUESTION)]


def test_asynchronous_queries_run_beside_each_other_and_find_the_same(
    retriever: VersionRetriever,
) -> None:
    engine = RetrieverQueryEngine.from_args(retriever, response_mode="compact")
    questions = [QUESTION, "What does E-4471 mean?", "Combien dure la garantie ?"] * 4

    async def ask_all() -> list[str]:
        asked = (engine.aquery(question) for question in questions)
        return [str(response) for response in await asyncio.gather(*asked)]

    assert asyncio.run(ask_all()) == [str(engine.query(question)) for question in questions]


def test_a_chat_engine_and_a_postprocessor_take_it(retriever: VersionRetriever) -> None:
    # The default memory leaves a connection of aiosqlite open.
    memory = ChatMemoryBuffer.from_defaults(token_limit=1000)
    chat = ContextChatEngine.from_defaults(retriever=retriever, memory=memory)
    assert "five years" in chat.chat(QUESTION).source_nodes[0].text
    engine = RetrieverQueryEngine.from_args(
        retriever,
        response_mode="no_text",
        node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=0.9)],
    )
    kept = engine.query(QUESTION).source_nodes
    assert kept
    assert all(node.score is not None and node.score >= 0.9 for node in kept)


def test_the_number_of_passages_can_be_another(version: Version) -> None:
    few, all_ = as_retriever(version, 2), as_retriever(version, 1000)
    expected = open_retriever(version).retrieve(QUESTION, 1000)
    assert [n.text for n in few.retrieve(QUESTION)] == [p.text for p in expected[:2]]
    assert len(all_.retrieve(QueryBundle(QUESTION))) == len(version.chunks)


def test_a_folder_or_an_id_in_a_cache_is_opened(
    version: Version, version_folder: Path, dvc_project: DvcProject
) -> None:
    expected = [n.node_id for n in as_retriever(version).retrieve(QUESTION)]
    from_store = VersionStore(dvc_project.cache).open(dvc_project.ids["version"])
    for retriever in (as_retriever(version_folder), as_retriever(from_store)):
        assert [n.node_id for n in retriever.retrieve(QUESTION)] == expected
        assert retriever.version_id == version.id


def test_a_version_whose_encoder_is_behind_an_endpoint_is_given_endpoints(
    corpus: Path, tmp_path: Path
) -> None:
    encoder = {"provider": "openai", "model": "nomic-embed-text"}
    with serving(dimension=64) as server, Endpoints(environment(server), tmp_path) as endpoints:
        build_version(corpus, tmp_path, tmp_path / "encoders", {"encoder": encoder}, endpoints)
        nodes = as_retriever(tmp_path / "version", endpoints=endpoints).retrieve(QUESTION)
    assert "five years" in nodes[0].text
    with pytest.raises(PrerequisiteError, match="nomic-embed-text is behind an endpoint"):
        as_retriever(tmp_path / "version").retrieve(QUESTION)


def test_a_folder_that_holds_no_version_is_named(version_folder: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(version_folder, tmp_path / "version")
    (broken / "chunks.parquet").unlink()
    with pytest.raises(VersionError, match=r"it lacks chunks\.parquet"):
        as_retriever(broken)


def test_retrieving_needs_no_torch(version_folder: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pipeline.llama_index_retriever import as_retriever\n"
        "as_retriever(Path(sys.argv[1])).retrieve('warranty')\n"
        "sys.exit('torch' in sys.modules or 'sentence_transformers' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    assert not subprocess.run(
        [sys.executable, "-c", code, version_folder], cwd=root, check=False
    ).returncode
