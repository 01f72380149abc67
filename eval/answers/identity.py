"""Identity: what a set of answers was made of, as `answer` writes it for `score`."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from eval.cases.case import Case, case_set_hash
from eval.params import AnswerParams
from pipeline.engine import current_engine
from pipeline.errors import ArtifactError
from pipeline.files import read_json
from pipeline.params import Frozen
from pipeline.versions.manifest import Manifest, flatten


class Identity(Frozen):
    """The Version, engine, corpus and Cases behind answers, and how deep the rankings are.

    `depth` is in characters of ranked passages for each Case; `settings` are the params that
    made the Version and its answers, flattened: `chunk.size`.
    """

    version: str
    engine: str
    corpus: str
    cases: str
    depth: int
    settings: dict[str, str | int | float | bool]


def identify(
    version: str, manifest: Manifest, cases: Sequence[Case], params: AnswerParams
) -> Identity:
    """Return the Identity of answers that the engine here gives to Cases from a Version."""
    return Identity(
        version=version,
        engine=current_engine().hash,
        corpus=manifest.corpus.hash,
        cases=case_set_hash(cases),
        depth=params.depth,
        settings=manifest.settings | flatten({"answer": params.model_dump(mode="json")}),
    )


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
