import pytest

from pipeline.errors import ParamsError
from pipeline.params import IndexParams
from pipeline.vector_index_check import check_index_params
from tests.built_version import SETTINGS


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
