import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import ParamsError
from pipeline.params import IndexParams
from pipeline.retrieval.index_recall import IndexRecall, check_recall, measure_recall
from pipeline.retrieval.vector_index import VectorIndex, build_index
from tests.support.corpus import clustered
from tests.support.versions import SETTINGS

VECTORS = clustered(10_500, 32)


def _params(kind: str, **changes: float) -> IndexParams:
    return IndexParams(**{**SETTINGS["index"], "pq_m": 8, "kind": kind, **changes})


def _index(kind: str, vectors: NDArray[np.float32] = VECTORS, **changes: float) -> VectorIndex:
    return build_index(vectors, _params(kind, **changes))


@pytest.fixture(scope="module")
def narrow_index() -> VectorIndex:
    return _index("hnsw", hnsw_m=4, hnsw_ef_search=11)


def test_flat_finds_everything_by_definition() -> None:
    assert measure_recall(_index("flat"), VECTORS) == IndexRecall(1.0, 0)


def test_hnsw_finds_nearly_everything_and_less_where_it_looks_less(
    narrow_index: VectorIndex,
) -> None:
    wide = measure_recall(_index("hnsw"), VECTORS)
    narrow = measure_recall(narrow_index, VECTORS)
    assert wide.queries == narrow.queries == 200
    assert 0.95 < wide.recall <= 1.0
    assert 0.3 < narrow.recall < wide.recall


def test_ivf_pq_finds_more_with_more_bytes() -> None:
    small = measure_recall(_index("ivf_pq"), VECTORS)
    large = measure_recall(_index("ivf_pq", pq_m=16), VECTORS)
    assert 0.2 < small.recall < 0.6 < large.recall <= 1.0


def test_it_is_the_share_of_ten_that_an_exhaustive_search_finds(narrow_index: VectorIndex) -> None:
    found = 0
    for row in (number * 10_500 // 200 for number in range(200)):
        rows = [each for each in narrow_index.search(VECTORS[row], 11).rows if each != row][:10]
        products = VECTORS @ VECTORS[row]
        products[row] = -2.0
        found += len(set(rows) & set(np.argsort(-products)[:10]))
    assert measure_recall(narrow_index, VECTORS).recall == pytest.approx(found / 2000, abs=1e-4)


def test_of_equal_vectors_any_will_do() -> None:
    vectors = np.repeat(VECTORS[:50], 12, axis=0)
    assert measure_recall(_index("hnsw", vectors), vectors) == IndexRecall(1.0, 200)


@pytest.mark.parametrize(("rows", "queries"), [(0, 0), (1, 0), (2, 2), (7, 7)])
def test_few_vectors_are_all_asked_for(rows: int, queries: int) -> None:
    vectors = VECTORS[:rows]
    assert measure_recall(_index("hnsw", vectors), vectors) == IndexRecall(1.0, queries)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("hnsw", r"`index.hnsw_ef_search` \(64\) or `index.hnsw_m` \(16\)"),
        ("ivf_pq", r"`index.ivf_nprobe` \(4\) or `index.pq_m` \(8\)"),
    ],
)
def test_too_little_names_what_to_raise(kind: str, message: str) -> None:
    params = _params(kind, least_recall=0.9)
    check_recall(IndexRecall(0.9, 200), params)
    expected = (
        rf"{kind} index finds 0.8999 .* below `index.least_recall` 0.9; raise {message}.*flat"
    )
    with pytest.raises(ParamsError, match=expected):
        check_recall(IndexRecall(0.8999, 200), params)
