"""Encoder graph: a sentence-transformers model from token ids to unit vectors, as ONNX."""

import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.encoders.onnx_model import WORD_VECTORS
from pipeline.export.onnx_export import INPUTS, write_graph

if TYPE_CHECKING:
    import onnx
    from sentence_transformers import SentenceTransformer

Feeds = Iterable[Mapping[str, NDArray[Any]]]
"""Inputs of the graph by name, a batch each, that show how large activations get."""


def write_encoder_graph(model: "SentenceTransformer", path: Path) -> None:
    """Write the model's graph from token ids to unit vectors."""
    import torch

    class Sentences(torch.nn.Module):
        """The model from token ids to a unit vector."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> Any:
            features: dict[str, Any] = dict(zip(INPUTS, inputs, strict=True))
            for module in self.model:
                features = _mean(features) if _is_mean(module) else module(features)
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)

    write_graph(Sentences(), INPUTS, "embedding", path)


def _is_mean(module: Any) -> bool:
    """Whether a module makes the mean of the tokens' vectors and nothing else."""
    return getattr(module, "pooling_mode", None) in ("mean", ("mean",), ["mean"])


def _mean(features: dict[str, Any]) -> dict[str, Any]:
    """Sum by a matrix product: onnxruntime's own sum has other last bits for a batch of one."""
    vectors = features["token_embeddings"]
    mask = features["attention_mask"].unsqueeze(1).to(vectors.dtype)
    mean = (mask @ vectors).squeeze(1) / mask.sum(dim=2).clamp(min=1e-9)
    return {**features, "sentence_embedding": mean}


def take_word_vectors(path: Path) -> NDArray[np.float32] | None:
    """Move the table of word vectors out of a graph and return it, shape [words, width].

    It is half of a small model, and a text needs a few rows of it: outside it can stay on the
    disk. None, and the graph as it was, where a model looks its words up in another way.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(str(path))
    tables = {each.name: each for each in model.graph.initializer}
    lookups = [
        node
        for node in model.graph.node
        if node.op_type == "Gather" and node.input[0] in tables and node.input[1] == INPUTS[0]
    ]
    if len(lookups) != 1:
        return None
    [lookup] = lookups
    table = tables[lookup.input[0]]
    users = [node for node in model.graph.node if table.name in node.input]
    if len(users) != 1 or table.data_type != onnx.TensorProto.FLOAT:
        return None
    vectors: NDArray[np.float32] = numpy_helper.to_array(table).copy()
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            if name == lookup.output[0]:
                node.input[position] = WORD_VECTORS
    model.graph.node.remove(lookup)
    model.graph.initializer.remove(table)
    shape = ["batch", "tokens", vectors.shape[1]]
    taken = onnx.helper.make_tensor_value_info(WORD_VECTORS, onnx.TensorProto.FLOAT, shape)
    model.graph.input.append(taken)
    onnx.save(model, str(path))
    return vectors


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

    with tempfile.TemporaryDirectory() as scratch, _without_advice():
        inferred = Path(scratch) / "inferred.onnx"
        quant_pre_process(str(source), str(inferred), skip_symbolic_shape=True)
        quantize_static(
            str(inferred),
            str(target),
            Calibration(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["MatMul"],
            nodes_to_exclude=_exact_products(inferred),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )


def _exact_products(path: Path) -> list[str]:
    """Return the products that stay in fp32: those without weights, and those that narrow."""
    import onnx

    graph = onnx.load(str(path)).graph
    shapes = {weights.name: list(weights.dims) for weights in graph.initializer}

    def widens(node: "onnx.NodeProto") -> bool:
        shape = next((shapes[name] for name in node.input if name in shapes), [])
        return len(shape) == 2 and shape[0] <= shape[1]

    return [node.name for node in graph.node if node.op_type == "MatMul" and not widens(node)]


@contextmanager
def _without_advice() -> Iterator[None]:
    """Silence advice that onnxruntime gives at the root logger."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
