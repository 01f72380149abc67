from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.chunk import Chunk
from pipeline.chunks import ChunkTable, write_chunks
from pipeline.hybrid_retriever import HybridRetriever
from pipeline.lexical_index import build_lexical_index
from pipeline.params import IndexParams, RetrievalParams
from pipeline.vector_index import build_index
from tests.fakes import BagOfWordsEncoder

TEXTS = ["the pump stops", "the valve leaks", "the pump stops", "a blue light", "保証期間は五年"]


def _retriever(folder: Path, texts: list[str] = TEXTS, **changes: Any) -> HybridRetriever:
    chunks = [
        Chunk(str(row), "d", f"{row}.md", 0, len(text), text, text, None, ())
        for row, text in enumerate(texts)
    ]
    write_chunks(folder / "chunks", chunks)
    index = IndexParams(kind="flat", part=4)
    encoder = BagOfWordsEncoder()
    vectors = encoder.encode(texts) if texts else np.empty((0, 64), dtype=np.float32)
    settings = {"mode": "hybrid", "top_k": 5, "fusion": "agreement", "weight": 0.5, **changes}
    return HybridRetriever(
        encoder,
        build_index(vectors, index),
        build_lexical_index(texts, index),
        ChunkTable.read(folder / "chunks"),
        RetrievalParams.model_validate(settings),
    )


def _documents(retriever: HybridRetriever, question: str, k: int = 5) -> list[str]:
    return [passage.document for passage in retriever.retrieve(question, k)]


@pytest.mark.parametrize("fusion", ["agreement", "min_max"])
def test_equal_chunks_tie_in_the_order_of_the_corpus(tmp_path: Path, fusion: str) -> None:
    passages = _retriever(tmp_path, fusion=fusion).retrieve("the pump stops", 3)
    assert [passage.document for passage in passages][:2] == ["0.md", "2.md"]
    assert [passage.rank for passage in passages] == [1, 2, 3]
    assert passages[0].score == passages[1].score == pytest.approx(1.0)
    assert passages[2].score < 1.0


def test_words_decide_where_meaning_does_not_and_the_other_way_round(tmp_path: Path) -> None:
    # The bag of words knows "pumps" for no other word; stems know it for the same.
    assert _documents(_retriever(tmp_path, weight=0.2), "pumps", 2) == ["0.md", "2.md"]
    # The frequent word alone is nothing to look up, and the encoder takes it for a word.
    assert set(_documents(_retriever(tmp_path), "the", 3)) == {"0.md", "1.md", "2.md"}


@pytest.mark.parametrize("fusion", ["agreement", "min_max", "reciprocal_rank"])
@pytest.mark.parametrize(
    "question", ["", " ", "the of and", "x", "保", "保証期間", "\udce9", "pump " * 10_000]
)
def test_any_question_ranks_every_chunk_once(tmp_path: Path, fusion: str, question: str) -> None:
    retriever = _retriever(tmp_path, fusion=fusion)
    whole = _documents(retriever, question, 100)
    assert sorted(whole) == [f"{row}.md" for row in range(len(TEXTS))]
    assert all(_documents(retriever, question, k) == whole[:k] for k in range(6))


def test_chinese_characters_find_their_chunk(tmp_path: Path) -> None:
    assert _documents(_retriever(tmp_path), "保証", 1) == ["4.md"]


def test_an_empty_corpus_finds_nothing(tmp_path: Path) -> None:
    assert _retriever(tmp_path, []).retrieve("pump", 5) == []


def test_fusion_and_weight_change_the_order(tmp_path: Path) -> None:
    texts = ["gasket pumps and more of it", "the gasket", "a pumping of pumps", "the pump gasket"]
    orders = {
        fusion: [
            _documents(
                _retriever(tmp_path, texts, fusion=fusion, weight=weight), "the pumps gasket"
            )
            for weight in (0.1, 0.6, 0.9)
        ]
        for fusion in ("agreement", "min_max", "reciprocal_rank")
    }
    assert all(first != last for first, _, last in orders.values())
    assert orders["agreement"] != orders["min_max"] != orders["reciprocal_rank"]
    assert orders["agreement"] != orders["reciprocal_rank"]
