"""How long each Case took: kept beside the answers, because DVC's outs hold no durations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import ValidationError, model_validator

from pipeline.errors import ArtifactError
from pipeline.files import hash_of, read_json, write_json
from pipeline.params import Frozen


class Seconds(Frozen):
    """Seconds that retrieving and generating took, one number each for every Case."""

    retrieve: tuple[float, ...]
    generate: tuple[float, ...]

    @model_validator(mode="after")
    def _same_length(self) -> Self:
        if len(self.retrieve) != len(self.generate):
            raise ValueError("retrieve and generate must hold one number for every Case")
        return self


def seconds_path(folder: Path, version_id: str, case_set: str) -> Path:
    """Return the file of one Version and one set of Cases (its hash) below `.winnow/seconds`."""
    return folder / f"{hash_of([version_id, case_set])}.json"


def write_seconds(path: Path, retrieve: Sequence[float], generate: Sequence[float]) -> None:
    """Write what the Cases took, in their order."""
    seconds = Seconds(retrieve=tuple(retrieve), generate=tuple(generate))
    write_json(path, seconds.model_dump(mode="json"))


def read_latency(path: Path) -> dict[str, float]:
    """Return `latency_ms.p50` and `latency_ms.p95`: milliseconds a Case, retrieving included.

    Empty where the answers were not made here, as after `dvc pull`.

    Raises:
        ArtifactError: the file is broken.
    """
    if not path.exists():
        return {}
    try:
        seconds = Seconds.model_validate(read_json(path))
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ArtifactError(f"{path} holds no seconds ({reason}); remove it") from None
    total = np.add(seconds.retrieve, seconds.generate) * 1000.0
    if not total.size:
        return {}
    return {f"latency_ms.p{share}": float(np.percentile(total, share)) for share in (50, 95)}
