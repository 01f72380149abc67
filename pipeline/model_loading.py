"""Loading of a sentence-transformers model: a folder, an earlier download, or the hub."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

ModelT = TypeVar("ModelT")

_ATTENTION = {"attn_implementation": "eager"}
"""The others are exported with a test for NaN over every pair of tokens, a sixth of the time."""
_PATIENCE = 10.0
"""Seconds that the hub has to answer."""


def load_model(make: Callable[..., ModelT], source: str, hub: str) -> ModelT:
    """Load a folder or a hub model that was downloaded before, else the one named `hub` there.

    The hub is asked once, with a limit of time: loading would try again for minutes. Hub, files,
    weights and configuration each fail with errors of their own library.
    """
    with quiet():
        try:
            return make(source, device="cpu", local_files_only=True, model_kwargs=_ATTENTION)
        except OSError:
            if Path(source).is_dir():
                raise
        from huggingface_hub import HfApi

        HfApi().model_info(hub, timeout=_PATIENCE)
        return make(hub, device="cpu", model_kwargs=_ATTENTION)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what loading and export print: of their own age, of traced constants, of progress."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
