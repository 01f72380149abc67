"""Engine: the answering code, as a hash of its sources and its libraries' versions."""

import ast
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipeline.files import hash_file, hash_of

ENTRY = "pipeline.answerer"
"""The module that answers from a Version; its import closure is the engine."""
_ROOMS = ("pipeline", "eval", "app")
# Reads the files of all packages.
_distributions = cache(packages_distributions)


class Engine(BaseModel):
    """The answering code that a Version was packaged or scored with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: str
    libraries: dict[str, str]


@cache
def current_engine() -> Engine:
    """Return the engine that runs now."""
    closure = import_closure(ENTRY)
    sources = {module: hash_file(path) for module, path in closure.sources.items()}
    return Engine(hash=hash_of([sources, closure.libraries]), libraries=closure.libraries)


@dataclass(frozen=True, slots=True)
class Closure:
    """Source files by module name, and library versions by distribution name."""

    sources: dict[str, Path]
    libraries: dict[str, str]


def import_closure(*modules: str) -> Closure:
    """Return what importing the modules can execute, imports inside functions included."""
    import grimp

    rooms = {module.partition(".")[0] for module in modules} | {"pipeline"}
    # An upper room can import a lower one only, so the highest decides which to read.
    present = _ROOMS[: max(_ROOMS.index(room) for room in rooms) + 1]
    graph = grimp.build_graph(*present, include_external_packages=True, cache_dir=None)
    reached = set(modules).union(*(graph.find_upstream_modules(module) for module in modules))
    own = {name for name in reached if name.partition(".")[0] in _ROOMS}
    # To import a module is to execute the packages that it lies in.
    packages = {name[:end] for name in own for end, sign in enumerate(name) if sign == "."}
    sources = {name: _source(name) for name in sorted(own | packages)}
    libraries = {name for each in reached - own for name in _distributions().get(each, ())}
    return Closure(
        sources={name: path for name, path in sources.items() if not executes_nothing(path)},
        libraries={name: version(name) for name in sorted(libraries)},
    )


def executes_nothing(source: Path) -> bool:
    """Whether a file holds no more than a package's charter: a docstring and `__all__`."""
    if source.name != "__init__.py":
        return False
    return all(
        isinstance(node, ast.Expr)
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
        for node in ast.parse(source.read_text(encoding="utf-8")).body
    )


def _source(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module} has no source file")
    return Path(spec.origin)
