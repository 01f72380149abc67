"""Export of a sentence-transformers CrossEncoder to ONNX, checked against the original."""

from importlib.metadata import version
from inspect import getfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import model_loading, reranker_graph
from pipeline.artifact import replacing_folder, write_json
from pipeline.digest import folder_files, hash_file, hash_of
from pipeline.errors import ParamsError, PrerequisiteError
from pipeline.model_loading import load_model, quiet
from pipeline.onnx_reranker import (
    CARD,
    TOKENIZER,
    WEIGHTS,
    OnnxReranker,
    RerankerCard,
    reranker_hash,
)
from pipeline.reranker_graph import write_reranker_graph

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
    code = [hash_file(Path(getfile(module))) for module in (model_loading, reranker_graph)]
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
