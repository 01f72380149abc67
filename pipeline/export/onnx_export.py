"""Export of a model to ONNX: what encoders and rerankers share."""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from inspect import getfile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pipeline.export import loading
from pipeline.files import folder_files, hash_file, hash_of, replacing_folder

if TYPE_CHECKING:
    import torch

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_OPSET = 17
_LIBRARIES = ("onnxruntime", "sentence-transformers", "torch", "transformers")


def kept_export(cache: Path, key: object, card: str, write: Callable[[Path], None]) -> Path:
    """Return the folder for a key below `cache`, written unless its card is there already."""
    folder = cache / hash_of(key)
    if not (folder / card).is_file():
        with replacing_folder(folder) as temporary:
            write(temporary)
    return folder


def model_key(source: str, modules: Sequence[ModuleType]) -> list[object]:
    """Return what determines an export: the model's files or name, code and libraries."""
    files = folder_files(Path(source)) if Path(source).is_dir() else {}
    content = {name: hash_file(path) for name, path in files.items()}
    code = code_hashes([loading, *modules])
    return [content or source, code, {name: version(name) for name in _LIBRARIES}]


def code_hashes(modules: Sequence[ModuleType]) -> list[str]:
    """Return the hashes of some modules' sources."""
    return [hash_file(Path(getfile(module))) for module in modules]


def write_graph(module: "torch.nn.Module", inputs: Sequence[str], output: str, path: Path) -> None:
    """Write the graph of a module that takes these INPUTS; batch and length stay open."""
    import torch

    ids = torch.ones(2, 8, dtype=torch.long)
    example = dict(zip(INPUTS, (ids, torch.ones_like(ids), torch.zeros_like(ids)), strict=True))
    axes: dict[str, dict[int, str]] = {name: {0: "batch", 1: "tokens"} for name in inputs}
    with torch.no_grad():
        torch.onnx.export(
            module.eval(),
            tuple(example[name] for name in inputs),
            str(path),
            input_names=list(inputs),
            output_names=[output],
            dynamic_axes={**axes, output: {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )
