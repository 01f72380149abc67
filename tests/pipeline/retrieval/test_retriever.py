from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.answer import Passage
from pipeline.retrieval.ranking import Ranking
from pipeline.retrieval.retriever import diversified
from tests.support.corpus import MODES, QUESTIONS, SearchedCorpus, searched_corpus, text_chunks
from tests.support.models import ScriptedReranker

TEXTS = [
    "the pump stops when it is cold",
    "the pump stops when it is cold again",
    "the pump is blue",
    "a valve of the pump leaks",
    "the light is blue",
    "保証期間は五年",
    "when the pump hums it is well",
    "the valve is cold",
]
QUESTION = "when does the pump stop when it is cold"
STEPS: list[dict[str, Any]] = [
    {},
    {"candidates": 3, "diversity": 0.6},
    {"threshold": 0.2, "diversity": 0.3},
    {"neighbours": 1},
    {"neighbours": 2, "diversity": 0.6, "candidates": 4},
    {"documents": ["*"], "candidates": 2},
]


@pytest.fixture
def small(tmp_path: Path) -> SearchedCorpus:
    first, second = text_chunks(TEXTS[:4], "a.md"), text_chunks(TEXTS[4:], "b.md")
    tagged = [replace(each, language="english", tags=("blue",)) for each in second]
    return searched_corpus(tmp_path, [*first, *tagged])


def _texts(passages: list[Passage]) -> list[str]:
    return [passage.text for passage in passages]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("steps", STEPS, ids=str)
@pytest.mark.parametrize("question", [QUESTION, QUESTIONS["stop words"], QUESTIONS["Chinese"]])
def test_a_longer_list_begins_as_a_shorter_one(
    small: SearchedCorpus, mode: str, steps: dict[str, Any], question: str
) -> None:
    for reranker in (None, ScriptedReranker({TEXTS[2]: 3.0, TEXTS[7]: 2.0})):
        retriever = small.retriever(reranker, mode=mode, **steps)
        whole = retriever.retrieve(question, 100)
        assert [passage.rank for passage in whole] == list(range(1, len(whole) + 1))
        assert all(retriever.retrieve(question, k) == whole[:k] for k in range(9))
        assert retriever.retrieve(question, 100) == whole


@pytest.mark.parametrize(
    "changes",
    [
        {"candidates": 2, "diversity": 0.9},
        {"threshold": 0.9},
        {"diversity": 0.9},
        {"neighbours": 1},
        {"documents": ["b.*"]},
        {"folders": ["nowhere"]},
        {"languages": ["english"]},
        {"tags": ["blue"]},
    ],
    ids=str,
)
def test_each_step_changes_what_is_found(small: SearchedCorpus, changes: dict[str, Any]) -> None:
    without = {**changes, "candidates": 50} if "candidates" in changes else {}
    assert small.retriever(**changes).retrieve(QUESTION, 8) != small.retriever(**without).retrieve(
        QUESTION, 8
    )


def test_the_reranker_orders_the_candidates_and_what_follows_stays(small: SearchedCorpus) -> None:
    before = _texts(small.retriever().retrieve(QUESTION, 8))
    reranker = ScriptedReranker({before[2]: 7.5, before[0]: -1.0})
    passages = small.retriever(reranker, candidates=3).retrieve(QUESTION, 8)
    assert _texts(passages) == [before[2], before[1], before[0], *before[3:]]
    assert [passage.score for passage in passages[:3]] == [7.5, 0.0, -1.0]
    [(question, texts)] = reranker.asked
    assert question == QUESTION
    assert sorted(texts) == sorted(before[:3])


def test_the_reranker_reads_what_is_put_before_a_chunk(tmp_path: Path) -> None:
    chunks = [replace(each, prefix="Pumps") for each in text_chunks(TEXTS[:2])]
    reranker = ScriptedReranker({f"Pumps\n{TEXTS[1]}": 1.0})
    passages = searched_corpus(tmp_path, chunks).retriever(reranker).retrieve(QUESTION, 2)
    assert _texts(passages) == [TEXTS[1], TEXTS[0]]


def test_equal_scores_of_a_reranker_stand_in_the_order_of_the_corpus(
    small: SearchedCorpus,
) -> None:
    passages = small.retriever(ScriptedReranker({})).retrieve(QUESTION, 8)
    assert _texts(passages) == TEXTS


@pytest.mark.parametrize("mode", MODES)
def test_a_threshold_above_all_scores_leaves_nothing(small: SearchedCorpus, mode: str) -> None:
    assert small.retriever(mode=mode, threshold=1e6).retrieve(QUESTION, 8) == []
    passages = small.retriever(mode=mode).retrieve(QUESTION, 8)
    least = passages[1].score
    assert small.retriever(mode=mode, threshold=least).retrieve(QUESTION, 8) == passages[:2]


def test_a_threshold_is_in_the_rerankers_unit_and_drops_what_it_did_not_read(
    small: SearchedCorpus,
) -> None:
    reranker = ScriptedReranker({TEXTS[0]: 0.1, TEXTS[1]: 0.3})
    passages = small.retriever(reranker, candidates=4, threshold=0.05).retrieve(QUESTION, 8)
    assert _texts(passages) == [TEXTS[1], TEXTS[0]]
    everything = small.retriever(reranker, candidates=4, threshold=-1.0).retrieve(QUESTION, 8)
    assert len(everything) == 4


def test_diversity_brings_what_is_unlike_the_best(small: SearchedCorpus) -> None:
    assert _texts(small.retriever().retrieve(QUESTION, 2)) == TEXTS[:2]
    first, second = _texts(small.retriever(diversity=0.8).retrieve(QUESTION, 2))
    assert first == TEXTS[0]
    assert second != TEXTS[1]


def test_neighbours_come_with_what_is_found_and_never_twice(small: SearchedCorpus) -> None:
    passages = small.retriever(neighbours=1).retrieve(QUESTION, 8)
    assert passages[0].text == f"{TEXTS[0]}\n{TEXTS[1]}"
    assert passages[0].chunk_id == "c0"
    handed = "\n".join(_texts(passages)).split("\n")
    assert sorted(handed) == sorted(TEXTS)
    whole = {"a.md": "\n".join(TEXTS[:4]), "b.md": "\n".join(TEXTS[4:])}
    assert all(each.text == whole[each.document][each.start : each.end] for each in passages)


def test_as_many_passages_are_made_as_were_asked_for(tmp_path: Path) -> None:
    texts = [f"pump {row} is cold" for row in range(60)]
    chunks = text_chunks(texts, "a.md")
    parents = [
        replace(each, context_start=held[0].start, context_end=held[-1].end)
        for at in range(0, 60, 6)
        for held in [chunks[at : at + 6]]
        for each in held
    ]
    retriever = searched_corpus(tmp_path, parents).retriever()
    assert len(retriever.retrieve("pump cold", 7)) == 7
    whole = retriever.retrieve("pump cold", 100)
    assert sorted(passage.start for passage in whole) == [chunk.start for chunk in chunks[::6]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_a_filter_that_leaves_nothing_finds_nothing(tmp_path: Path, mode: str, kind: str) -> None:
    corpus = searched_corpus(tmp_path, text_chunks(TEXTS), kind=kind)
    assert corpus.retriever(mode=mode, folders=["nowhere"]).retrieve(QUESTION, 5) == []
    [passage] = corpus.retriever(mode=mode, documents=["3.md"]).retrieve(QUESTION, 5)
    assert passage.document == "3.md"


def _unit(*angles: float) -> NDArray[np.float32]:
    return np.array([[np.cos(each), np.sin(each)] for each in angles], dtype=np.float32)


def _order(scores: list[float], vectors: NDArray[np.float32], diversity: float) -> list[int]:
    ranking = Ranking(np.arange(len(scores)), np.array(scores))
    return diversified(ranking, vectors, diversity).rows.tolist()


def test_what_says_the_same_again_comes_later() -> None:
    vectors = _unit(0.0, 0.0, 1.5)
    assert _order([0.9, 0.89, 0.5], vectors, 0.6) == [0, 2, 1]
    assert _order([0.9, 0.89, 0.5], vectors, 0.1) == [0, 1, 2]


def test_the_formula_is_carbonell_and_goldsteins() -> None:
    scores, vectors, diversity = [8.0, 6.0, 5.0, 4.0], _unit(0.0, 0.3, 0.9, 1.4), 0.6
    relevance = [1.0, 0.5, 0.25, 0.0]
    chosen: list[int] = []
    while len(chosen) < 4:
        chosen.append(
            max(
                (row for row in range(4) if row not in chosen),
                key=lambda row: (
                    0.4 * relevance[row]
                    - 0.6
                    * max((float(vectors[row] @ vectors[each]) for each in chosen), default=0.0)
                ),
            )
        )
    assert _order(scores, vectors, diversity) == chosen != [0, 1, 2, 3]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_rows_that_tie_and_are_alike_keep_their_order(count: int) -> None:
    assert _order([0.5] * count, _unit(*[0.7] * count), 0.7) == list(range(count))


@given(
    st.lists(st.tuples(st.floats(-50, 50), st.floats(0, 6)), min_size=1, max_size=20),
    st.floats(0, 0.99),
)
def test_every_row_stays_with_its_score_and_the_best_stays_first(
    pairs: list[tuple[float, float]], diversity: float
) -> None:
    pairs.sort(key=lambda pair: -pair[0])
    rows, scores = np.arange(len(pairs)), np.array([score for score, _ in pairs])
    found = diversified(Ranking(rows, scores), _unit(*[angle for _, angle in pairs]), diversity)
    assert sorted(found.rows.tolist()) == rows.tolist()
    assert found.scores.tolist() == scores[found.rows].tolist()
    assert found.rows[0] == 0
