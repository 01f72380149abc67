"""Whether the vector index that params ask for can be built from the vectors there are."""

from pipeline.errors import ParamsError
from pipeline.params import IndexParams

CENTROIDS = 256
"""Values that one byte of a product-quantised vector tells apart."""
POINTS = 39
"""Vectors for each centroid that FAISS trains on without a warning."""


def check_index_params(rows: int, dimension: int, params: IndexParams) -> None:
    """Check that `rows` vectors of `dimension` numbers can be indexed as `params` say.

    Raises:
        ParamsError: naming the value that does not fit, and what would.
    """
    if params.kind != "ivf_pq":
        return
    if dimension % params.pq_m:
        divisors = [str(each) for each in range(8, dimension + 1) if dimension % each == 0]
        raise ParamsError(
            f"`index.pq_m` is {params.pq_m}, which does not divide the encoder's {dimension} "
            f"numbers; set it to one of {', '.join(divisors)}"
        )
    if rows < POINTS * CENTROIDS:
        raise ParamsError(
            f"`index.kind` ivf_pq needs {POINTS * CENTROIDS} chunks to train on, and there are "
            f"{rows}; set `index.kind` to flat, which is quick up to many more"
        )
    if rows < POINTS * params.ivf_nlist:
        raise ParamsError(
            f"`index.ivf_nlist` {params.ivf_nlist} needs {POINTS * params.ivf_nlist} chunks, "
            f"{POINTS} for each cell, and there are {rows}; set it to at most {rows // POINTS}, "
            "or `index.kind` to flat"
        )
