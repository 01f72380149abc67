"""Export of a sentence-transformers model to ONNX, checked against the original."""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.artifact import replacing_folder, write_json
from pipeline.digest import folder_files, hash_file, hash_of
from pipeline.errors import ParamsError, PrerequisiteError
from pipeline.model_source import hub_name, model_source
from pipeline.onnx_encoder import CARD, TOKENIZER, WEIGHTS, EncoderCard, OnnxEncoder, encoder_hash
from pipeline.params import EncoderParams

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LEAST_PARITY = 0.9999
_OPSET = 17
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_PARITY_TEXTS = (
    "How do I reset the pump?",
    "Error E-4471 means that the return line is frozen.",
    "La garantie couvre les pièces pendant cinq ans, main-d'œuvre comprise.",
    "Part no. 77-1032/B, firmware 4.2.1; torque 12 N·m ± 5 %",
    "a",
    "word " * 600,
)


def exported_encoder(params: EncoderParams, cache: Path) -> Path:
    """Return the folder of the exported encoder, exporting it unless `cache` holds it.

    Raises:
        ParamsError: there is no such model, or ONNX cannot express it faithfully.
        PrerequisiteError: the package that carries the model is not installed.
    """
    source = model_source(params.model)
    folder = cache / _cache_key(source, params)
    if not (folder / CARD).is_file():
        with replacing_folder(folder) as temporary:
            _export(source, params, temporary)
    return folder


def _cache_key(source: str, params: EncoderParams) -> str:
    local = Path(source)
    files = folder_files(local) if local.is_dir() else {}
    content = {name: hash_file(path) for name, path in files.items()}
    libraries = [version(name) for name in ("torch", "sentence-transformers", "transformers")]
    return hash_of([content or source, params.model_dump(), libraries, _OPSET])


def _export(source: str, params: EncoderParams, folder: Path) -> None:
    model = _load(source, params)
    _limit_tokens(model, params)
    with _quiet():
        _write_weights(model, folder / WEIGHTS)
    tokenizer = model.tokenizer.backend_tokenizer
    tokenizer.save(str(folder / TOKENIZER))
    dimension = model.get_embedding_dimension()
    card = EncoderCard(
        model=params.model,
        dimension=dimension or 0,
        max_tokens=params.max_tokens,
        parity=0.0,
        hash=encoder_hash(folder / WEIGHTS, folder / TOKENIZER, params.max_tokens),
    )
    write_json(folder / CARD, card.model_dump())
    parity = _parity(model, OnnxEncoder.open(folder_files(folder)))
    if parity < LEAST_PARITY:
        raise ParamsError(
            f"`encoder.model` is {params.model!r}: its ONNX export agrees only to {parity}, "
            f"less than {LEAST_PARITY}; choose another model"
        )
    write_json(folder / CARD, card.model_copy(update={"parity": parity}).model_dump())


def _limit_tokens(model: "SentenceTransformer", params: EncoderParams) -> None:
    config = getattr(model[0], "auto_model", None)
    most = getattr(getattr(config, "config", None), "max_position_embeddings", params.max_tokens)
    if params.max_tokens > most:
        raise ParamsError(
            f"`encoder.max_tokens` is {params.max_tokens}: {params.model} takes at most {most}"
        )
    model.max_seq_length = params.max_tokens


def _load(source: str, params: EncoderParams) -> "SentenceTransformer":
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise PrerequisiteError(
            "exporting an encoder needs sentence-transformers; run `make setup`"
        ) from None
    try:
        with _quiet():
            return _local(source) or SentenceTransformer(_on_hub(source), device="cpu")
    except Exception as error:
        # Hub, files, weights and configuration each fail with errors of their own library.
        reason = " ".join(str(error).split())[:160]
        raise ParamsError(
            f"`encoder.model` is {params.model!r}: it cannot be loaded ({reason}); "
            "use all-MiniLM-L6-v2, a model folder, or a hub name that this machine can reach"
        ) from None


def _local(source: str) -> "SentenceTransformer | None":
    """Load a folder, or a hub model that was downloaded before; None where it was not."""
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(source, device="cpu", local_files_only=True)
    except OSError:
        if Path(source).is_dir():
            raise
        return None


def _on_hub(name: str) -> str:
    """Ask the hub once, with a limit of time: loading would try again for minutes."""
    from huggingface_hub import HfApi

    HfApi().model_info(hub_name(name), timeout=10)
    return hub_name(name)


def _write_weights(model: "SentenceTransformer", path: Path) -> None:
    import torch

    class Sentences(torch.nn.Module):
        """The model from token ids to a unit vector."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> Any:
            features = dict(zip(_INPUTS, inputs, strict=True))
            embedding = self.model(features)["sentence_embedding"]
            return torch.nn.functional.normalize(embedding, dim=1)

    ids = torch.ones(2, 8, dtype=torch.long)
    axes: dict[str, dict[int, str]] = {name: {0: "batch", 1: "tokens"} for name in _INPUTS}
    with torch.no_grad():
        torch.onnx.export(
            Sentences().eval(),
            (ids, torch.ones_like(ids), torch.zeros_like(ids)),
            str(path),
            input_names=list(_INPUTS),
            output_names=["embedding"],
            dynamic_axes={**axes, "embedding": {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )


def _parity(model: "SentenceTransformer", encoder: OnnxEncoder) -> float:
    """Return the least cosine over the parity texts, to six places and at most 1."""
    with _quiet():
        original = model.encode(
            list(_PARITY_TEXTS), normalize_embeddings=True, show_progress_bar=False
        )
    cosines = np.sum(np.asarray(original) * encoder.encode(_PARITY_TEXTS), axis=1)
    return min(1.0, round(float(cosines.min()), 6))


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the export prints: it warns of its own age and of traced constants."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def copy_encoder(source: Path, target: Path) -> None:
    """Copy an exported encoder into a folder that exists."""
    for name in (WEIGHTS, TOKENIZER, CARD):
        shutil.copyfile(source / name, target / name)
