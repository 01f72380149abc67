from pathlib import Path

import pytest

from benchmarks.index_growth import measure, table_row
from pipeline.errors import ParamsError
from pipeline.params import IndexParams, read_section
from tests.support.corpus import clustered
from tests.support.project import ROOT

PARAMS = read_section(ROOT / "params.yaml", "index", IndexParams)


def _params(kind: str) -> IndexParams:
    return PARAMS.model_copy(update={"kind": kind})


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_an_index_is_built_opened_and_searched(tmp_path: Path, kind: str) -> None:
    growth = measure(clustered(600, 384), _params(kind), tmp_path)
    assert growth.size > 600 * 384 * 4
    assert 0 < growth.p50 <= growth.p95
    assert growth.recall > 0.99
    assert table_row(600, kind, growth).count("|") == 9


def test_a_kind_that_needs_more_vectors_is_dashes(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="9984"):
        measure(clustered(600, 384), _params("ivf_pq"), tmp_path)
    assert table_row(600, "ivf_pq", None) == "| 600 | ivf_pq | – | – | – | – | – | – |\n"
