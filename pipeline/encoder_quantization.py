"""Encoder quantization: weights and activations as 8-bit integers, their ranges fixed beforehand.

Static, because a range that follows the batch makes a text's vector depend on its neighbours. The
products that narrow a layer stay in fp32: what comes into them has outliers that 8 bits cannot
hold (Xiao et al., "SmoothQuant", 2023).
"""

import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

Feeds = Iterable[Mapping[str, NDArray[Any]]]
"""Inputs of the graph by name, a batch each, that show how large activations get."""


def quantize_graph(source: Path, target: Path, feeds: Feeds) -> None:
    """Write the int8 form of a graph; the same graph and feeds give the same bytes."""
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Calibration(CalibrationDataReader):  # type: ignore[misc]
        """Hands out the feeds one by one."""

        def __init__(self) -> None:
            self._feeds = iter(feeds)

        def get_next(self) -> dict[str, Any] | None:
            feed = next(self._feeds, None)
            return None if feed is None else dict(feed)

    with tempfile.TemporaryDirectory() as scratch, _quiet():
        inferred = Path(scratch) / "inferred.onnx"
        quant_pre_process(str(source), str(inferred), skip_symbolic_shape=True)
        quantize_static(
            str(inferred),
            str(target),
            Calibration(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["MatMul"],
            nodes_to_exclude=_kept(inferred),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )


def _kept(path: Path) -> list[str]:
    """Return the products that stay in fp32: those without weights, and those that narrow."""
    import onnx

    graph = onnx.load(str(path)).graph
    shapes = {weights.name: list(weights.dims) for weights in graph.initializer}
    return [
        node.name
        for node in graph.node
        if node.op_type == "MatMul" and not _widens(_weights(node, shapes))
    ]


def _weights(node: "onnx.NodeProto", shapes: Mapping[str, list[int]]) -> list[int] | None:
    return next((shapes[name] for name in node.input if name in shapes), None)


def _widens(shape: list[int] | None) -> bool:
    return shape is not None and len(shape) == 2 and shape[0] <= shape[1]


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence advice that onnxruntime gives at the root logger."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
