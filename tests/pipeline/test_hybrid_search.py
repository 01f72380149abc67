from pathlib import Path
from random import Random

import numpy as np
import pytest

from tests.searched_corpus import QUESTIONS, retrieval_params, searched_corpus, text_chunks

TEXTS = ["the pump stops", "the valve leaks", "the pump stops", "a blue light", "保証期間は五年"]
FUSIONS = ("agreement", "min_max", "reciprocal_rank")


def _varied(count: int) -> list[str]:
    """Return texts of words that are frequent and words that are rare."""
    random = Random(7)
    words = [f"word{number}" for number in range(60)]
    weights = [1 / (number + 1) for number in range(60)]
    return [" ".join(random.choices(words, weights, k=12)) for _ in range(count)]


@pytest.mark.parametrize("fusion", ["agreement", "min_max"])
def test_equal_chunks_tie_in_the_order_of_the_corpus(tmp_path: Path, fusion: str) -> None:
    corpus = searched_corpus(tmp_path, text_chunks(TEXTS))
    ranking = corpus.search(retrieval_params(fusion=fusion))("the pump stops", 3)
    assert ranking.rows.tolist()[:2] == [0, 2]
    assert ranking.scores[0] == ranking.scores[1] == pytest.approx(1.0)
    assert ranking.scores[2] < 1.0


def test_words_decide_where_meaning_does_not_and_the_other_way_round(tmp_path: Path) -> None:
    corpus = searched_corpus(tmp_path, text_chunks(TEXTS))
    # The bag of words knows "pumps" for no other word; stems know it for the same.
    assert corpus.search(retrieval_params(weight=0.2))("pumps", 2).rows.tolist() == [0, 2]
    # The frequent word alone is nothing to look up, and the encoder takes it for a word.
    found = corpus.search(retrieval_params(weight=0.5))("the", 3)
    assert set(found.rows.tolist()) == {0, 1, 2}


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_any_question_ranks_every_chunk_once(tmp_path: Path, fusion: str, question: str) -> None:
    search = searched_corpus(tmp_path, text_chunks(TEXTS)).search(retrieval_params(fusion=fusion))
    whole = search(question, 100).rows.tolist()
    assert sorted(whole) == list(range(len(TEXTS)))
    assert all(search(question, depth).rows.tolist() == whole[:depth] for depth in range(6))


def test_chinese_characters_find_their_chunk(tmp_path: Path) -> None:
    corpus = searched_corpus(tmp_path, text_chunks(TEXTS))
    assert corpus.search(retrieval_params())("保証", 1).rows.tolist() == [4]


def test_an_empty_corpus_finds_nothing(tmp_path: Path) -> None:
    corpus = searched_corpus(tmp_path, [])
    assert len(corpus.search(retrieval_params())("pump", 5)) == 0


def test_fusion_and_weight_change_the_order(tmp_path: Path) -> None:
    texts = ["gasket pumps and more of it", "the gasket", "a pumping of pumps", "the pump gasket"]
    corpus = searched_corpus(tmp_path, text_chunks(texts))
    orders = {
        fusion: [
            corpus.search(retrieval_params(fusion=fusion, weight=weight))("the pumps gasket", 4)
            for weight in (0.1, 0.6, 0.9)
        ]
        for fusion in FUSIONS
    }
    rows = {fusion: [each.rows.tolist() for each in found] for fusion, found in orders.items()}
    assert all(first != last for first, _, last in rows.values())
    assert len({str(each) for each in rows.values()}) == len(FUSIONS)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_scores_are_spread_over_the_allowed_rows_alone(tmp_path: Path, fusion: str) -> None:
    texts = _varied(60)
    whole = searched_corpus(tmp_path, text_chunks(texts))
    filtered = whole.search(retrieval_params(fusion=fusion, documents=["[2-4]?.md"]))
    found = filtered("word3 word9", 100)
    assert sorted(found.rows.tolist()) == list(range(20, 50))
    if fusion != "reciprocal_rank":
        assert found.scores.min() >= 0.0
        assert found.scores.max() <= 1.0
    unfiltered = whole.search(retrieval_params(fusion=fusion))("word3 word9", 100)
    assert set(unfiltered.rows[:10].tolist()) - set(range(20, 50))


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_pool_that_holds_the_corpus_scores_as_the_corpus_does(
    tmp_path: Path, fusion: str
) -> None:
    chunks = text_chunks(_varied(300))
    params = retrieval_params(fusion=fusion, candidates=30)
    exact = searched_corpus(tmp_path, chunks).search(params)("word3 word9", 300)
    pooled = searched_corpus(tmp_path, chunks, kind="hnsw").search(params)("word3 word9", 300)
    scores = dict(zip(exact.rows.tolist(), exact.scores.tolist(), strict=True))
    assert 30 <= len(pooled) <= 60
    assert pooled.scores.tolist() == pytest.approx([scores[row] for row in pooled.rows.tolist()])
    assert pooled.rows[:20].tolist() == exact.rows[:20].tolist()


def test_a_sample_stands_for_a_larger_corpus(tmp_path: Path) -> None:
    chunks = text_chunks(_varied(6_000))
    params = retrieval_params(candidates=50)
    exact = searched_corpus(tmp_path, chunks, part=0).search(params)
    pooled = searched_corpus(tmp_path, chunks, part=0, kind="hnsw").search(params)
    for question in ("word3 word9", "word1 word40 word12", "word55"):
        first, second = exact(question, 100), pooled(question, 100)
        scores = dict(zip(first.rows.tolist(), first.scores.tolist(), strict=True))
        both = [
            (scores[row], score)
            for row, score in zip(second.rows.tolist(), second.scores.tolist(), strict=True)
            if row in scores
        ]
        assert len(both) >= 40
        assert max(abs(one - other) for one, other in both) < 0.03
        assert np.array_equal(pooled(question, 7).rows, second.rows[:7])
