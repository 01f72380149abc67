"""Reranker graph: a CrossEncoder from token ids of a pair to its score, as ONNX."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_OPSET = 17


def write_reranker_graph(model: "CrossEncoder", path: Path) -> None:
    """Write the model's graph, its activation included; batch and length stay open."""
    import torch

    # Some models tell question and text apart by token types, others have none.
    names = [name for name in _INPUTS if name in model.tokenizer.model_input_names]

    class Pairs(torch.nn.Module):
        """The model from token ids to a score."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> Any:
            scores = self.model(dict(zip(names, inputs, strict=True)))["scores"]
            activation: Any = model.activation_fn
            return activation(scores).squeeze(-1)

    ids = torch.ones(2, 8, dtype=torch.long)
    example = {"input_ids": ids, "attention_mask": ids, "token_type_ids": torch.zeros_like(ids)}
    axes: dict[str, dict[int, str]] = {name: {0: "batch", 1: "tokens"} for name in names}
    with torch.no_grad():
        torch.onnx.export(
            Pairs().eval(),
            tuple(example[name] for name in names),
            str(path),
            input_names=names,
            output_names=["score"],
            dynamic_axes={**axes, "score": {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )
