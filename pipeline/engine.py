"""Engine: the answering code, as a hash of its sources and its libraries' versions."""

from functools import cache

from pydantic import BaseModel, ConfigDict

from pipeline.closure import import_closure
from pipeline.digest import hash_file, hash_of

ENTRY = "pipeline.answerer"
"""The module that answers from a Version; its import closure is the engine."""


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
