"""Export of a sentence-transformers CrossEncoder to ONNX, checked against the original."""

import sys
from importlib.metadata import version
from inspect import getfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.encoders.reranker import (
    CARD,
    TOKENIZER,
    WEIGHTS,
    OnnxReranker,
    RerankerCard,
    reranker_hash,
)
from pipeline.errors import ParamsError, PrerequisiteError
from pipeline.export import loading as model_loading
from pipeline.export.loading import load_model, quiet
from pipeline.files import folder_files, hash_file, hash_of, replacing_folder, write_json

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


if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

MOST_DEVIATION = 0.0001
"""Of a score of the export from the original model's; relative where that is beyond 1."""
_MOST_TOKENS = 512
_DIGITS = 4
_LIBRARIES = ("sentence-transformers", "torch", "transformers")
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
    folder = cache / _cache_key(source)
    if not (folder / CARD).is_file():
        with replacing_folder(folder) as temporary:
            _export(source, name, temporary)
    return folder


def _cache_key(source: str) -> str:
    local = Path(source)
    files = folder_files(local) if local.is_dir() else {}
    content = {name: hash_file(path) for name, path in files.items()}
    code = [hash_file(Path(getfile(module))) for module in (model_loading, sys.modules[__name__])]
    libraries = {name: version(name) for name in _LIBRARIES}
    return hash_of([content or source, code, libraries, _MOST_TOKENS])


def _export(source: str, name: str, folder: Path) -> None:
    model = _load(source, name)
    _check_scores(model, name)
    most = getattr(_config(model), "max_position_embeddings", _MOST_TOKENS)
    max_tokens = int(min(model.max_seq_length or most, most, _MOST_TOKENS))
    model.max_seq_length = max_tokens
    with quiet():
        write_reranker_graph(model, folder / WEIGHTS)
    model.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    content = reranker_hash(folder / WEIGHTS, folder / TOKENIZER, max_tokens)
    card = RerankerCard(model=name, max_tokens=max_tokens, deviation=0.0, hash=content)
    write_json(folder / CARD, card.model_dump())
    deviation = _deviation(model, OnnxReranker.open(folder_files(folder)))
    if not deviation <= MOST_DEVIATION:
        raise ParamsError(
            f"`retrieval.reranker` is {name!r}: its scores in ONNX are off by {deviation}, more "
            f"than {MOST_DEVIATION}; choose another model"
        )
    write_json(folder / CARD, card.model_copy(update={"deviation": deviation}).model_dump())


def _load(source: str, name: str) -> "CrossEncoder":
    try:
        from sentence_transformers import CrossEncoder
    except ImportError:
        raise PrerequisiteError(
            "exporting a reranker needs sentence-transformers; run `make setup`"
        ) from None
    hub = source if "/" in source else f"cross-encoder/{source}"
    try:
        model: CrossEncoder = load_model(CrossEncoder, source, hub)
    except Exception as error:
        # Hub, files, weights and configuration each fail with errors of their own library.
        reason = " ".join(str(error).split())[:160]
        raise ParamsError(
            f"`retrieval.reranker` is {name!r}: it cannot be loaded ({reason}); use null, the "
            "folder of a CrossEncoder, or a hub name that this machine can reach"
        ) from None
    return model


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
    """Return the greatest deviation over the parity pairs, to four places."""
    with quiet():
        original = np.asarray(model.predict(list(_PARITY_PAIRS), show_progress_bar=False))
    found = np.array([reranker.rerank(question, [text])[0] for question, text in _PARITY_PAIRS])
    deviations = np.abs(found - original) / np.maximum(np.abs(original), 1.0)
    return round(float(deviations.max()), _DIGITS)
