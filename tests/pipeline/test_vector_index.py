from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import ArtifactError
from pipeline.params import IndexParams
from pipeline.vector_index import VectorIndex, build_index, read_index, write_index


def _unit(rows: int, seed: int = 7) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(rows, 48)).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _index(vectors: NDArray[np.float32]) -> VectorIndex:
    return build_index(vectors, IndexParams(kind="flat", part=4))


@pytest.mark.parametrize("k", [1, 7, 101, 300, 301, 5000])
def test_search_is_exact(k: int) -> None:
    vectors, [query] = _unit(300), _unit(1, seed=8)
    rows, scores = _index(vectors).search(query, k)
    products = vectors @ query
    assert rows == np.argsort(-products, kind="stable")[:k].tolist()
    assert np.allclose(scores, products[rows], atol=1e-6)


@pytest.mark.parametrize("k", [1, 5, 100, 101, 256, 499])
def test_of_equal_vectors_the_first_rows_are_found(k: int) -> None:
    vectors = np.repeat(_unit(1), 500, axis=0)
    rows, _ = _index(vectors).search(vectors[0], k)
    assert rows == list(range(k))


def test_a_deeper_search_begins_as_a_shallower_one() -> None:
    vectors = _unit(400)
    vectors[50:380:3] = vectors[7]
    index = _index(vectors)
    whole, _ = index.search(vectors[7], 400)
    assert all(index.search(vectors[7], k)[0] == whole[:k] for k in (1, 16, 64, 110, 256))


def test_an_empty_index_finds_nothing() -> None:
    index = _index(np.empty((0, 48), dtype=np.float32))
    assert index.search(_unit(1)[0], 5) == ([], [])
    assert index.scores(_unit(1)[0]).shape == (0,)


def test_scores_are_those_of_a_search_by_row(tmp_path: Path) -> None:
    vectors, [query] = _unit(300), _unit(1, seed=8)
    write_index(tmp_path / "i", _index(vectors))
    index = read_index(tmp_path / "i")
    rows, scores = index.search(query, 300)
    assert np.allclose(index.scores(query)[rows], scores, atol=2e-6)


def test_an_index_is_read_back_and_written_alike(tmp_path: Path) -> None:
    vectors = _unit(20)
    for name in ("one", "two"):
        write_index(tmp_path / name, _index(vectors))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    index = read_index(tmp_path / "one")
    assert (len(index), index.dimension) == (20, 48)
    assert index.search(vectors[3], 1)[0] == [3]


@pytest.mark.parametrize("kept", [0, 3, 30, 500, -3])
def test_a_broken_file_names_itself_and_the_fix(tmp_path: Path, kept: int) -> None:
    write_index(tmp_path / "i", _index(_unit(20)))
    (tmp_path / "i").write_bytes((tmp_path / "i").read_bytes()[:kept])
    with pytest.raises(ArtifactError, match=r"i is not a readable FAISS index; .*dvc repro"):
        read_index(tmp_path / "i")


def test_a_missing_file_names_itself_and_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"gone does not exist; run `dvc repro` or `dvc pull`"):
        read_index(tmp_path / "gone")
