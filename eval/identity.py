"""Identity: what a set of answers was made of, as `answer` writes it for `score`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.artifact import read_json
from pipeline.errors import ArtifactError


class Identity(BaseModel):
    """The Version, engine, corpus and Cases behind answers, and how deep the rankings are.

    `depth` is in characters of ranked passages for each Case; `settings` are the params that
    made the Version and its answers, flattened: `chunk.size`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    engine: str
    corpus: str
    cases: str
    depth: int
    settings: dict[str, str | int | float | bool]


def read_identity(path: Path) -> Identity:
    """Read what `answer` wrote.

    Raises:
        ArtifactError: the file is missing, broken or of another form.
    """
    try:
        return Identity.model_validate(read_json(path))
    except ValidationError as error:
        fault = ".".join(map(str, error.errors()[0]["loc"]))
        repair = "remove it and run `dvc repro answer`"
        raise ArtifactError(f"{path} is broken at `{fault}`; {repair}") from None
