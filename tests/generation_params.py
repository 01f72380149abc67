"""Generation params of a language model, for tests."""

from typing import Any

from pipeline.params import GenerationParams

_SETTINGS: dict[str, Any] = {
    "generator": "groq",
    "sentences": 2,
    "lexical": 0.5,
    "margin": 0.06,
    "threshold": 0.25,
    "exact": True,
    "model": "a-model",
    "prompt": "cited",
    "condense": "standalone",
    "temperature": 0.0,
    "max_tokens": 200,
    "window": 2000,
    "history": 200,
}


def model_params(**changed: Any) -> GenerationParams:
    """Return params of a small window, with these changed."""
    return GenerationParams.model_validate({**_SETTINGS, **changed})
