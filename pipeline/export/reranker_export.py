"""Export of a sentence-transformers CrossEncoder to ONNX, checked against the original."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.encoders.onnx_model import TOKENIZER, WEIGHTS
from pipeline.encoders.reranker import CARD, OnnxReranker, RerankerCard, reranker_hash
from pipeline.errors import ParamsError
from pipeline.export import onnx_export
from pipeline.export.loading import load_model, quiet
from pipeline.export.onnx_export import INPUTS, kept_export, model_key, write_graph
from pipeline.files import folder_files, write_json

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

MOST_DEVIATION = 0.0001
"""Of a score of the export from the original model's; relative where that is beyond 1."""
_MOST_TOKENS = 512
_DIGITS = 4
_PARITY_PAIRS = (
    ("How do I reset the pump?", "Hold the button for ten seconds to reset the pump."),
    ("How do I reset the pump?", "La garantie couvre les pièces pendant cinq ans."),
    ("What does E-4471 mean?", "Error E-4471 means that the return line is frozen."),
    ("a", "Part no. 77-1032/B, firmware 4.2.1; torque 12 N·m ± 5 %"),
    ("word " * 400, "pump " * 600),
)


def exported_reranker(name: str, cache: Path) -> Path:
    """Return the folder of the exported CrossEncoder, exporting it unless `cache` holds it.

    Raises:
        ParamsError: there is no such model, it gives no single score, or ONNX cannot express it.
        PrerequisiteError: sentence-transformers is not installed.
    """
    source = str(Path(name).resolve()) if Path(name).is_dir() else name
    key = [model_key(source, [onnx_export, sys.modules[__name__]]), _MOST_TOKENS]
    return kept_export(cache, key, CARD, partial(_export, source, name))


def _export(source: str, name: str, folder: Path) -> None:
    fault = (
        f"`retrieval.reranker` is {name!r}: it cannot be loaded ({{reason}}); use null, the "
        "folder of a CrossEncoder, or a hub name that this machine can reach"
    )
    hub = source if "/" in source else f"cross-encoder/{source}"
    model: CrossEncoder = load_model("CrossEncoder", source, hub, fault)
    _check_scores(model, name)
    most = getattr(_config(model), "max_position_embeddings", _MOST_TOKENS)
    max_tokens = int(min(model.max_seq_length or most, most, _MOST_TOKENS))
    model.max_seq_length = max_tokens
    with quiet():
        _write_reranker_graph(model, folder / WEIGHTS)
    model.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    content = reranker_hash(folder_files(folder), max_tokens)
    card = RerankerCard(model=name, max_tokens=max_tokens, deviation=0.0, hash=content)
    write_json(folder / CARD, card.model_dump())
    deviation = _deviation(model, OnnxReranker.open(folder_files(folder)))
    if not deviation <= MOST_DEVIATION:
        raise ParamsError(
            f"`retrieval.reranker` is {name!r}: its scores in ONNX are off by {deviation}, more "
            f"than {MOST_DEVIATION}; choose another model"
        )
    write_json(folder / CARD, card.model_copy(update={"deviation": deviation}).model_dump())


def _write_reranker_graph(model: "CrossEncoder", path: Path) -> None:
    """Write the model's graph from token ids to scores, its activation included."""
    import torch

    # Some models tell question and text apart by token types, others have none.
    names = [name for name in INPUTS if name in model.tokenizer.model_input_names]

    class Pairs(torch.nn.Module):
        """The model from token ids to a score."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> Any:
            scores = self.model(dict(zip(names, inputs, strict=True)))["scores"]
            activation: Any = model.activation_fn
            return activation(scores).squeeze(-1)

    write_graph(Pairs(), names, "score", path)


def _config(model: "CrossEncoder") -> Any:
    transformer: Any = model[0]
    return transformer.model.config


def _check_scores(model: "CrossEncoder", name: str) -> None:
    """Refuse a model whose score would come from weights that it was never given."""
    kinds = _config(model).architectures or ["no architecture"]
    if not kinds[0].endswith("ForSequenceClassification"):
        raise ParamsError(
            f"`retrieval.reranker` is {name!r}: {kinds[0]} does not score pairs; use a CrossEncoder"
        )
    if model.num_labels != 1:
        raise ParamsError(
            f"`retrieval.reranker` is {name!r}: it gives a pair {model.num_labels} scores; "
            "use a CrossEncoder with one"
        )


def _deviation(model: "CrossEncoder", reranker: OnnxReranker) -> float:
    with quiet():
        original = np.asarray(model.predict(list(_PARITY_PAIRS), show_progress_bar=False))
    found = np.array([reranker.rerank(question, [text])[0] for question, text in _PARITY_PAIRS])
    deviations = np.abs(found - original) / np.maximum(np.abs(original), 1.0)
    return round(float(deviations.max()), _DIGITS)
