import logging
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.chunking.chunk import ChunkTable, write_chunks
from pipeline.retrieval.ranking import rank
from pipeline.retrieval.search import allowed_rows, fuse, open_search
from pipeline.tables import read_table, write_table
from pipeline.versions.version import Version
from tests.support.corpus import (
    MODES,
    QUESTIONS,
    SearchedCorpus,
    retrieval_params,
    searched_corpus,
    text_chunks,
)

TEXTS = [
    "the pump stops",
    "the valve leaks",
    "the pump stops",
    "a blue light",
    "保証期間は五年",
]
FUSIONS = ("agreement", "min_max", "reciprocal_rank")
PLACES: list[tuple[str, str | None, tuple[str, ...]]] = [
    ("manuals/pump.md", "english", ("manual", "old")),
    ("manuals/pump.md", None, ("manual", "old")),
    ("manuals/fr/pompe.md", "french", ("manual",)),
    ("manuals-2/pump.md", "english", ()),
    ("notes.txt", "english", ("note",)),
]


@pytest.fixture
def chunks(tmp_path: Path) -> ChunkTable:
    held = [
        replace(chunk, document=document, language=language, tags=tags)
        for chunk, (document, language, tags) in zip(text_chunks("abcde"), PLACES, strict=True)
    ]
    write_chunks(tmp_path / "chunks.parquet", held)
    return ChunkTable.read(tmp_path / "chunks.parquet")


@pytest.fixture
def small(tmp_path: Path) -> SearchedCorpus:
    return searched_corpus(tmp_path, text_chunks(TEXTS))


@pytest.fixture
def of_words(tmp_path: Path) -> SearchedCorpus:
    return searched_corpus(tmp_path, text_chunks(TEXTS), part=0)


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        ({"documents": ["*.md"]}, [0, 1, 2, 3]),
        ({"documents": ["pump.md", "notes.*"]}, [0, 1, 3, 4]),
        ({"folders": ["manuals"]}, [0, 1, 2]),
        ({"folders": ["./manuals/", "manuals-2"]}, [0, 1, 2, 3]),
        ({"folders": ["manuals/fr"]}, [2]),
        ({"folders": ["."]}, [0, 1, 2, 3, 4]),
        ({"languages": ["french"]}, [2]),
        ({"languages": ["english", "german"]}, [0, 3, 4]),
        ({"tags": ["manual"]}, [0, 1, 2]),
        ({"tags": ["old", "note"]}, [0, 1, 4]),
        ({"folders": ["manuals"], "languages": ["english"]}, [0]),
        ({"documents": ["*.md"], "tags": ["manual", "note"], "languages": ["french"]}, [2]),
    ],
)
def test_a_chunk_meets_every_filter_that_is_given(
    chunks: ChunkTable, changes: dict[str, Any], rows: list[int]
) -> None:
    allowed = allowed_rows(chunks, retrieval_params(**changes))
    assert allowed is not None
    assert allowed.nonzero()[0].tolist() == rows


def test_without_filters_there_is_nothing_to_look_at(chunks: ChunkTable) -> None:
    assert allowed_rows(chunks, retrieval_params()) is None


def test_filters_that_leave_no_chunk_are_one_warning(
    chunks: ChunkTable, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "winnow"):
        allowed = allowed_rows(chunks, retrieval_params(folders=["manual"], tags=["new"]))
    assert allowed is not None
    assert not allowed.any()
    [record] = caplog.records
    assert "`folders` ['manual']" in record.getMessage()
    assert "`tags` ['new']" in record.getMessage()


def test_chunks_from_before_there_were_languages_and_tags_have_none(
    tmp_path: Path,
) -> None:
    write_chunks(tmp_path / "chunks.parquet", text_chunks("ab"))
    table = read_table(tmp_path / "chunks.parquet").drop_columns(["language", "tags"])
    write_table(tmp_path / "old.parquet", table)
    old = ChunkTable.read(tmp_path / "old.parquet")
    for changes in ({"languages": ["english"]}, {"tags": ["manual"]}):
        allowed = allowed_rows(old, retrieval_params(**changes))
        assert allowed is not None
        assert not allowed.any()


def test_an_empty_corpus_can_be_filtered(tmp_path: Path) -> None:
    write_chunks(tmp_path / "none.parquet", [])
    params = retrieval_params(documents=["*"], languages=["english"], tags=["manual"])
    allowed = allowed_rows(ChunkTable.read(tmp_path / "none.parquet"), params)
    assert allowed is not None
    assert allowed.tolist() == []


def test_the_closest_come_first_and_ties_in_the_order_of_the_corpus(small: SearchedCorpus) -> None:
    ranking = small.search(retrieval_params(mode="dense"))("the pump stops", 3)
    assert ranking.rows.tolist() == [0, 2, 1]
    assert ranking.scores[:2] == pytest.approx([1.0, 1.0])
    assert ranking.scores[1] > ranking.scores[2]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_more_than_there_are_gives_all_of_them_once(small: SearchedCorpus, question: str) -> None:
    search = small.search(retrieval_params(mode="dense"))
    assert sorted(search(question, 100).rows.tolist()) == [0, 1, 2, 3, 4]
    assert len(search(question, 0)) == 0


def test_an_inexact_index_ranks_its_candidates_whatever_the_depth(tmp_path: Path) -> None:
    texts = [f"pump {row} has valve {row % 7} in hall {row % 31}" for row in range(400)]
    corpus = searched_corpus(tmp_path, text_chunks(texts), kind="hnsw", hnsw_ef_search=8)
    search = corpus.search(retrieval_params(mode="dense", candidates=20))
    whole = search("pump 7 in hall 3", 1000)
    assert len(whole) == 20
    for depth in (1, 5, 19):
        assert np.array_equal(search("pump 7 in hall 3", depth).rows, whole.rows[:depth])


def _fuse(
    dense: list[float],
    lexical: list[float],
    fusion: str,
    weight: float = 0.5,
    stands_for: list[float] | None = None,
) -> NDArray[np.float64]:
    return fuse(
        np.array(dense, dtype=float),
        np.array(lexical, dtype=float),
        retrieval_params(fusion=fusion, weight=weight),
        None if stands_for is None else np.array(stands_for),
    )


def _order(scores: NDArray[np.float64]) -> list[int]:
    return rank(np.arange(len(scores)), scores, len(scores)).rows.tolist()


def test_min_max_is_the_mean_of_both_sides_between_0_and_1() -> None:
    fused = _fuse([0.2, 0.4, 0.6], [0.0, 8.0, 2.0], "min_max", 0.75)
    assert fused == pytest.approx([0.0, 0.75 * 0.5 + 0.25, 0.75 + 0.25 * 0.25])


def test_reciprocal_rank_looks_at_ranks_alone() -> None:
    fused = _fuse([0.2, 0.4, 0.6], [0.0, 8.0, 2.0], "reciprocal_rank")
    assert fused == pytest.approx([0.5 / 63, 0.5 / 62 + 0.5 / 61, 0.5 / 61 + 0.5 / 62])
    assert np.array_equal(fused, _fuse([-9, 0.1, 0.9], [0, 99, 1], "reciprocal_rank"))


def test_a_dense_side_that_agrees_is_trusted_more() -> None:
    lexical = [0.0, 1.0, 2.0, 3.0, 0.0, 5.0]
    agreeing, straying = [0.1, 0.2, 0.3, 0.4, 0.6, 0.5], [0.5, 0.4, 0.1, 0.2, 0.6, 0.3]
    shares = []
    for dense in (agreeing, straying):
        low, high = _fuse(dense, lexical, "agreement")[[0, 4]]
        # Rows 0 and 4 share no word: they lie apart as far as the dense side counts.
        shares.append((high - low) / ((dense[4] - dense[0]) / (max(dense) - min(dense))))
    correlation = np.corrcoef(agreeing, lexical)[0, 1] ** 0.5
    assert shares[0] == pytest.approx(correlation / (correlation + 1), abs=1e-5)
    assert 0.05 < shares[1] < 0.2


def test_a_sample_is_trusted_as_the_rows_that_it_stands_for() -> None:
    dense, lexical = [0.1, 0.3, 0.2, 0.6, 0.4], [0.0, 1.0, 0.0, 3.0, 0.0]
    twice = [0, 1, 1, 2, 2, 2, 3, 4, 4]
    whole = _fuse([dense[row] for row in twice], [lexical[row] for row in twice], "agreement")
    sampled = _fuse(dense, lexical, "agreement", stands_for=[1.0, 2.0, 3.0, 1.0, 2.0])
    assert sampled == pytest.approx(whole[[0, 1, 3, 6, 7]], abs=1e-6)
    assert sampled != pytest.approx(_fuse(dense, lexical, "agreement"), abs=1e-3)


def test_differences_too_small_to_compare_are_no_error() -> None:
    assert np.isfinite(_fuse([0.0, 1e-300, 0.0], [0.0, 1e-300, 1e-300], "agreement")).all()


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_side_that_says_nothing_is_left_out(fusion: str) -> None:
    dense = [0.1, 0.9, 0.5]
    for silent in ([0.0, 0.0, 0.0], [3.0, 3.0, 3.0]):
        assert _order(_fuse(dense, silent, fusion)) == [1, 2, 0]
        assert _order(_fuse(silent, dense, fusion)) == [1, 2, 0]
        assert _order(_fuse(silent, silent, fusion)) == [0, 1, 2]
    assert len(_fuse([], [], fusion)) == 0
    assert _order(_fuse([0.4], [2.0], fusion)) == [0]


@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_weight_reaches_from_one_side_to_the_other(fusion: str) -> None:
    dense, lexical = [0.3, 0.2, 0.1], [1.0, 2.0, 3.0]
    assert _order(_fuse(dense, lexical, fusion, 1.0)) == [0, 1, 2]
    assert _order(_fuse(dense, lexical, fusion, 0.0)) == [2, 1, 0]


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 40)), max_size=30),
    st.sampled_from(FUSIONS),
    st.floats(0, 1),
)
def test_any_scores_give_one_finite_score_a_row(
    pairs: list[tuple[float, float]], fusion: str, weight: float
) -> None:
    fused = _fuse([a for a, _ in pairs], [b for _, b in pairs], fusion, weight)
    assert fused.shape == (len(pairs),)
    assert np.isfinite(fused).all()
    assert ((fused >= 0) & (fused <= 1)).all()


def _varied(count: int) -> list[str]:
    """Return texts of words that are frequent and words that are rare."""
    random = Random(7)
    words = [f"word{number}" for number in range(60)]
    weights = [1 / (number + 1) for number in range(60)]
    return [" ".join(random.choices(words, weights, k=12)) for _ in range(count)]


@pytest.mark.parametrize("fusion", ["agreement", "min_max"])
def test_equal_chunks_tie_in_the_order_of_the_corpus(small: SearchedCorpus, fusion: str) -> None:
    ranking = small.search(retrieval_params(fusion=fusion))("the pump stops", 3)
    assert ranking.rows.tolist()[:2] == [0, 2]
    assert ranking.scores[0] == ranking.scores[1] == pytest.approx(1.0)
    assert ranking.scores[2] < 1.0


def test_words_decide_where_meaning_does_not_and_the_other_way_round(
    small: SearchedCorpus,
) -> None:
    # The bag of words knows "pumps" for no other word; stems know it for the same.
    assert small.search(retrieval_params(weight=0.2))("pumps", 2).rows.tolist() == [0, 2]
    # The frequent word alone is nothing to look up, and the encoder takes it for a word.
    found = small.search(retrieval_params(weight=0.5))("the", 3)
    assert set(found.rows.tolist()) == {0, 1, 2}


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_any_question_ranks_every_chunk_once(
    small: SearchedCorpus, fusion: str, question: str
) -> None:
    search = small.search(retrieval_params(fusion=fusion))
    whole = search(question, 100).rows.tolist()
    assert sorted(whole) == list(range(5))
    assert all(search(question, depth).rows.tolist() == whole[:depth] for depth in range(6))


def test_chinese_characters_find_their_chunk(
    small: SearchedCorpus,
) -> None:
    assert small.search(retrieval_params())("保証", 1).rows.tolist() == [4]


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_corpus_finds_nothing(tmp_path: Path, mode: str) -> None:
    corpus = searched_corpus(tmp_path, [])
    assert len(corpus.search(retrieval_params(mode=mode))("pump", 5)) == 0


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


def test_only_chunks_that_share_a_word_are_found_ties_in_order(
    of_words: SearchedCorpus,
) -> None:
    search = of_words.search(retrieval_params(mode="lexical"))
    ranking = search("Do the pumps leak?", 10)
    assert ranking.rows.tolist() == [1, 0, 2]
    assert ranking.scores[0] > ranking.scores[1] == ranking.scores[2] > 0
    assert len(search("pump", 1)) == 1
    assert len(search("pump", 0)) == 0


@pytest.mark.parametrize("question", ["", "what is it", "?", "gasket", "ж", "\udce9"])
def test_a_question_that_shares_no_word_finds_nothing(
    of_words: SearchedCorpus, question: str
) -> None:
    assert len(of_words.search(retrieval_params(mode="lexical"))(question, 5)) == 0


@pytest.mark.parametrize(("question", "row"), [("pump " * 10_000, 0), ("保証", 4)])
def test_long_and_chinese_questions_find_their_chunk(
    of_words: SearchedCorpus, question: str, row: int
) -> None:
    assert of_words.search(retrieval_params(mode="lexical"))(question, 1).rows.tolist() == [row]


@pytest.mark.parametrize(("mode", "rows"), [("dense", [2, 1]), ("lexical", [2])])
def test_only_allowed_rows_are_found(small: SearchedCorpus, mode: str, rows: list[int]) -> None:
    params = retrieval_params(mode=mode, documents=["1.md", "2.md"])
    assert small.search(params)("the pump stops", 4).rows.tolist() == rows


@pytest.mark.parametrize("mode", ["dense", "lexical"])
@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("How long does the warranty last?", "warranty.md"),
        ("Combien de temps dure la garantie de la chaudière ?", "garantie.html"),
        ("What does error E-4471 mean?", "notes.txt"),
        ("How tight must the screws be?", "install.pdf"),
        ("When do I clean the filter?", "maintenance.docx"),
    ],
)
def test_questions_find_their_document_in_every_format(
    version: Version, mode: str, question: str, document: str
) -> None:
    params = retrieval_params(mode=mode)
    search = open_search(version.chunks, version.encoder, version.index, version.lexical, params)
    [chunk] = version.chunks.chunks(search(question, 1).rows.tolist())
    assert chunk.document == document
