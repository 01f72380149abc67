"""Holm's correction: which of several tests may say that they found something."""

import numpy as np
from numpy.typing import NDArray


def holm(p_values: NDArray[np.float64], level: float) -> NDArray[np.bool_]:
    """Say which hypotheses to reject, so that one true one falls with probability `level` at most.

    Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.

    Args:
        p_values: A row for each family of tests; shape (runs, tests).
        level: The level that holds for the whole family.
    """
    tests = p_values.shape[1]
    order = np.argsort(p_values, axis=1, kind="stable")
    ascending = np.take_along_axis(p_values, order, axis=1)
    met = ascending <= level / (tests - np.arange(tests))
    rejected = np.zeros(met.shape, dtype=np.bool_)
    np.put_along_axis(rejected, order, np.logical_and.accumulate(met, axis=1), axis=1)
    return rejected
