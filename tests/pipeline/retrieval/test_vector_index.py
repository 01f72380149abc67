import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import ArtifactError, ParamsError
from pipeline.params import IndexParams
from pipeline.retrieval.vector_index import (
    VectorIndex,
    build_index,
    check_index_params,
    read_index,
    write_index,
)
from tests.support.corpus import clustered
from tests.support.project import ROOT, environment
from tests.support.versions import SETTINGS

KINDS = ("flat", "hnsw", "ivf_pq")
VECTORS = clustered(10_500, 32)


def _unit(rows: int, seed: int = 7) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(rows, 48)).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _index(vectors: NDArray[np.float32], kind: str = "flat", **changes: int) -> VectorIndex:
    return build_index(
        vectors, IndexParams(**{**SETTINGS["index"], "pq_m": 8, "kind": kind, **changes})
    )


def _found(
    index: VectorIndex,
    query: NDArray[np.float32],
    k: int,
    allowed: NDArray[np.bool_] | None = None,
) -> list[int]:
    return index.search(query, k, allowed).rows.tolist()


@pytest.fixture(scope="module")
def indexes() -> dict[str, VectorIndex]:
    return {kind: _index(VECTORS, kind) for kind in KINDS}


@pytest.mark.parametrize("k", [1, 7, 101, 300, 301, 5000])
def test_search_is_exact(k: int) -> None:
    vectors, [query] = _unit(300), _unit(1, seed=8)
    found = _index(vectors).search(query, k)
    products = vectors @ query
    assert np.array_equal(found.rows, np.argsort(-products, kind="stable")[:k])
    assert np.allclose(found.scores, products[found.rows], atol=1e-6)


@pytest.mark.parametrize("k", [1, 5, 100, 101, 256, 499])
def test_of_equal_vectors_the_first_rows_are_found(k: int) -> None:
    vectors = np.repeat(_unit(1), 500, axis=0)
    assert _found(_index(vectors), vectors[0], k) == list(range(k))


def test_a_deeper_search_begins_as_a_shallower_one() -> None:
    vectors = _unit(400)
    vectors[50:380:3] = vectors[7]
    index = _index(vectors)
    whole = _found(index, vectors[7], 400)
    assert all(_found(index, vectors[7], k) == whole[:k] for k in (1, 16, 64, 110, 256))


def test_an_empty_index_finds_nothing() -> None:
    index = _index(np.empty((0, 48), dtype=np.float32))
    assert _found(index, _unit(1)[0], 5) == []
    assert index.scores(_unit(1)[0]).shape == (0,)


def test_scores_are_those_of_a_search_by_row(tmp_path: Path) -> None:
    vectors, [query] = _unit(300), _unit(1, seed=8)
    write_index(tmp_path / "i", _index(vectors))
    index = read_index(tmp_path / "i")
    found = index.search(query, 300)
    assert np.allclose(index.scores(query)[found.rows], found.scores, atol=2e-6)


def test_an_index_is_read_back_and_written_alike(tmp_path: Path) -> None:
    vectors = _unit(20)
    for name in ("one", "two"):
        write_index(tmp_path / name, _index(vectors))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    index = read_index(tmp_path / "one")
    assert (len(index), index.dimension) == (20, 48)
    assert _found(index, vectors[3], 1) == [3]


@pytest.mark.parametrize("kept", [0, 3, 30, 500, -3])
def test_a_broken_file_names_itself_and_the_fix(tmp_path: Path, kept: int) -> None:
    write_index(tmp_path / "i", _index(_unit(20)))
    (tmp_path / "i").write_bytes((tmp_path / "i").read_bytes()[:kept])
    with pytest.raises(ArtifactError, match=r"i is not a readable FAISS index; .*dvc repro"):
        read_index(tmp_path / "i")


def test_a_missing_file_names_itself_and_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"gone does not exist; run `dvc repro` or `dvc pull`"):
        read_index(tmp_path / "gone")


def test_an_open_index_outlives_the_file_that_is_replaced(tmp_path: Path) -> None:
    vectors = _unit(300)
    write_index(tmp_path / "i", _index(vectors))
    index = read_index(tmp_path / "i")
    write_index(tmp_path / "i", _index(_unit(2, seed=8)))
    assert _found(index, vectors[299], 1) == [299]
    assert len(read_index(tmp_path / "i")) == 2


def test_an_empty_index_is_read_back(tmp_path: Path) -> None:
    write_index(tmp_path / "i", _index(np.empty((0, 48), dtype=np.float32)))
    assert _found(read_index(tmp_path / "i"), _unit(1)[0], 5) == []


@pytest.mark.parametrize("kind", KINDS)
def test_of_every_kind_a_vector_finds_itself(indexes: dict[str, VectorIndex], kind: str) -> None:
    index = indexes[kind]
    assert index.exact == (kind == "flat")
    assert (len(index), index.dimension) == (10_500, 32)
    found = index.search(VECTORS[4321], 10)
    assert found.rows[0] == 4321
    assert np.all(np.diff(found.scores) <= 0)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_search_scores_is_what_its_rows_score(
    indexes: dict[str, VectorIndex], kind: str
) -> None:
    index, query = indexes[kind], VECTORS[17]
    found = index.search(query, 40)
    rows, scores = found.rows, found.scores
    assert np.array_equal(index.scores(query)[rows], scores)
    assert np.array_equal(index.scores(query, rows), scores)
    held = index.vectors(rows)
    assert np.allclose(held @ query, scores, atol=2e-6)
    assert np.allclose(held, VECTORS[rows], atol=0 if kind != "ivf_pq" else 0.3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.5, 0.05, 0.001])
def test_a_filter_leaves_the_nearest_of_the_allowed_rows(
    indexes: dict[str, VectorIndex], kind: str, share: float
) -> None:
    allowed = np.random.default_rng(3).random(len(VECTORS)) < share
    found = possible = 0
    for query in VECTORS[::500]:
        rows = _found(indexes[kind], query, 10, allowed)
        nearest = np.flatnonzero(allowed)[np.argsort(-VECTORS[allowed] @ query)][:10]
        assert len(rows) == len(nearest)
        assert allowed[rows].all()
        found, possible = found + len(set(rows) & set(nearest.tolist())), possible + len(nearest)
    assert found >= {"flat": 1.0, "hnsw": 0.95, "ivf_pq": 0.5}[kind] * possible


@pytest.mark.parametrize("kind", KINDS)
def test_an_allowed_row_far_from_the_question_is_found(
    indexes: dict[str, VectorIndex], kind: str
) -> None:
    query = VECTORS[99]
    farthest = np.argsort(indexes["flat"].scores(query))[:3000]
    allowed = np.zeros(len(VECTORS), dtype=np.bool_)
    allowed[farthest] = True
    assert len(indexes[kind].search(query, 2500, allowed)) == 2500
    assert len(indexes[kind].search(query, 5, np.zeros(len(VECTORS), dtype=np.bool_))) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_asked_for_more_than_there_is_it_finds_every_row_once(
    indexes: dict[str, VectorIndex], kind: str
) -> None:
    assert sorted(_found(indexes[kind], VECTORS[0], 20_000)) == list(range(10_500))


@pytest.mark.parametrize("kind", KINDS)
def test_of_every_kind_equal_vectors_are_found_in_the_order_of_their_rows(kind: str) -> None:
    vectors, equal = VECTORS.copy(), [7, *range(40, 10_480, 500)]
    vectors[equal] = vectors[7]
    index = _index(vectors, kind)
    for k in (1, 8, 21):
        assert _found(index, vectors[7], k) == equal[:k]


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_an_index_of_one_vector_finds_it(kind: str) -> None:
    index = _index(_unit(1), kind)
    assert _found(index, _unit(1)[0], 5) == [0]


@pytest.mark.parametrize(
    ("kind", "param", "less"), [("hnsw", "hnsw_ef_search", 8), ("ivf_pq", "ivf_nprobe", 1)]
)
def test_how_far_it_looks_is_kept_in_the_file(
    tmp_path: Path, indexes: dict[str, VectorIndex], kind: str, param: str, less: int
) -> None:
    questions = VECTORS[:5000:100]
    found = []
    for value in (less, 64):
        wide = {"hnsw_m": 4, "ivf_nlist": 64, param: value}
        write_index(tmp_path / "i", _index(VECTORS, kind, **wide))
        index = read_index(tmp_path / "i")
        found.append(sum(_common(index, indexes["flat"], question) for question in questions))
    assert found[0] < found[1]


def _common(index: VectorIndex, exact: VectorIndex, query: NDArray[np.float32]) -> int:
    return len(set(_found(index, query, 10)) & set(_found(exact, query, 10)))


_HASH = """
import hashlib, pathlib, sys
from pipeline.params import IndexParams
from pipeline.retrieval.vector_index import build_index, write_index
from tests.support.versions import SETTINGS
from tests.support.corpus import clustered
for kind in ("flat", "hnsw", "ivf_pq"):
    params = IndexParams(**{**SETTINGS["index"], "pq_m": 8, "kind": kind})
    write_index(pathlib.Path(sys.argv[1], kind), build_index(clustered(10_500, 32), params))
"""


def test_the_same_vectors_make_the_same_bytes_in_any_process(
    tmp_path: Path, indexes: dict[str, VectorIndex]
) -> None:
    subprocess.run(
        [sys.executable, "-c", _HASH, tmp_path],
        cwd=ROOT, env={**environment(), "OMP_NUM_THREADS": "1"}, check=True,
    )  # fmt: skip
    for kind in KINDS:
        write_index(tmp_path / "here", indexes[kind])
        assert _hash(tmp_path / kind) == _hash(tmp_path / "here"), kind


def _hash(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _params(kind: str, **changes: int) -> IndexParams:
    return IndexParams(**{**SETTINGS["index"], "kind": kind, **changes})


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_flat_and_hnsw_take_any_number_of_vectors(kind: str, rows: int) -> None:
    check_index_params(rows, 384, _params(kind, pq_m=100, ivf_nlist=9999))


def test_ivf_pq_takes_as_many_vectors_as_it_is_trained_on() -> None:
    check_index_params(9_984, 384, _params("ivf_pq", ivf_nlist=256))
    check_index_params(39_000, 384, _params("ivf_pq", ivf_nlist=1000))


@pytest.mark.parametrize(
    ("rows", "changes", "message"),
    [
        (0, {}, r"`index.kind` ivf_pq needs 9984 chunks .* there are 0; set `index.kind` to flat"),
        (9_983, {}, r"needs 9984 chunks to train on, and there are 9983; .* flat"),
        (12_000, {"ivf_nlist": 500}, r"`index.ivf_nlist` 500 needs 19500 chunks.*at most 307"),
        (12_000, {"pq_m": 100}, r"`index.pq_m` is 100, .* 384 .* one of 8, 12, 16, .*96, 128"),
        (12_000, {"pq_m": 400}, r"`index.pq_m` is 400, which does not divide"),
    ],
)
def test_what_cannot_be_built_names_the_value_and_the_fix(
    rows: int, changes: dict[str, int], message: str
) -> None:
    with pytest.raises(ParamsError, match=message):
        check_index_params(rows, 384, _params("ivf_pq", **changes))
