"""Manifest: what a Version says of itself, and how an older one is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.encoders.encoder import EncoderCard
from pipeline.engine import Engine
from pipeline.errors import VersionError
from pipeline.files import read_json
from pipeline.params import GenerationParams, RetrievalParams

FORMAT = 3

Setting = str | int | float | bool

REPAIR = "bring it back with `dvc pull`, or `dvc repro` where it was built"


def _from_1(content: dict[str, Any]) -> dict[str, Any]:
    """Say what format 1 left unsaid; its first Versions searched by meaning alone."""
    unsaid = {
        "fusion": "agreement",
        "weight": 0.66,
        "candidates": 100,
        "reranker": None,
        "threshold": None,
        "diversity": 0.0,
        "neighbours": 0,
        "documents": [],
        "folders": [],
        "languages": [],
        "tags": [],
    }
    retrieval = content.get("retrieval")
    if not isinstance(retrieval, dict):
        return {**content, "format": 2}
    return {**content, "format": 2, "retrieval": {**unsaid, **retrieval}}


def _from_2(content: dict[str, Any]) -> dict[str, Any]:
    """Say what format 2 left unsaid; all its Versions answer without a language model."""
    unsaid = {
        "model": "none",
        "prompt": "none",
        "condense": "none",
        "temperature": 0.0,
        "max_tokens": 1,
        "window": 2,
        "history": 0,
    }
    generation, params = content.get("generation"), content.get("params")
    if not isinstance(generation, dict) or not isinstance(params, dict):
        return {**content, "format": 3}
    params = {**params, "encoder": {"provider": "local", **params.get("encoder", {})}}
    generation = {**unsaid, **generation}
    return {**content, "format": 3, "prompts": {}, "params": params, "generation": generation}


_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1, 2: _from_2}
"""Format number to the function that makes the next format of it."""


class Corpus(BaseModel):
    """The Documents that a Version was built from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: str
    """Of the Documents' ids."""
    documents: int
    chunks: int


class Manifest(BaseModel):
    """Everything that determines an answer, beside the files themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    engine: Engine
    corpus: Corpus
    encoder: EncoderCard
    params: dict[str, dict[str, Any]]
    """The sections that built the files: ingest, chunk, encoder, index."""
    outputs: dict[str, str]
    """Stage to DVC's hash of the folder that it wrote."""
    retrieval: RetrievalParams
    generation: GenerationParams
    prompts: dict[str, str]
    """Name of each prompt that it holds to the hash of its text; extractive ones hold none."""

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers whose endpoints answering needs: none, for a Version that stands alone."""
        used = {self.encoder.provider, self.generation.generator}
        return tuple(sorted(used - {"local", "extractive"}))

    @property
    def settings(self) -> dict[str, Setting]:
        """Return every param flattened, as `chunk.size`."""
        sections = {
            **self.params,
            "retrieval": self.retrieval.model_dump(mode="json"),
            "generation": self.generation.model_dump(mode="json"),
            "prompts": self.prompts,
        }
        return flatten(sections)


def flatten(sections: dict[str, dict[str, Any]]) -> dict[str, Setting]:
    """Flatten sections of params to dotted names; what is no plain value becomes text."""
    return {
        f"{section}.{key}": _flat(value)
        for section, values in sections.items()
        for key, value in values.items()
    }


def _flat(value: Any) -> Setting:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_flat(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    setting: Setting = "none" if value is None else value
    return setting


def read_manifest(path: Path) -> Manifest:
    """Read a manifest of this or an earlier format.

    Raises:
        VersionError: the format is newer than this code, or the content is not a manifest.
        ArtifactError: the file is missing or broken.
    """
    content = read_json(path)
    found = content.get("format") if isinstance(content, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise VersionError(f"{path} is no manifest: it has no format number; {REPAIR}")
    if found > FORMAT:
        raise VersionError(
            f"{path} has format {found}, this Winnow reads up to {FORMAT}: install a newer Winnow"
        )
    for number in range(found, FORMAT):
        content = _UPGRADES[number](content)
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise VersionError(f"{path} is broken: `{place}`: {first['msg']}; {REPAIR}") from None
