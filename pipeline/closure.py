"""Import closure: every module of the project that a module reaches, and the libraries it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

_ROOMS = ("pipeline", "eval", "app")


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
    reached = set(modules)
    for module in modules:
        reached |= graph.find_upstream_modules(module)
    own = {name for name in reached if name.partition(".")[0] in _ROOMS}
    own |= {ancestor for name in own for ancestor in _ancestors(name)}
    return Closure(
        sources={name: _source(name) for name in sorted(own)},
        libraries=_versions(reached - own),
    )


def _ancestors(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _source(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module} has no source file")
    return Path(spec.origin)


def _versions(imported: set[str]) -> dict[str, str]:
    distributions = _distributions()
    names = {name for package in imported for name in distributions.get(package, ())}
    return {name: version(name) for name in sorted(names)}


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Return what `packages_distributions` does, which reads the files of all packages."""
    return packages_distributions()
