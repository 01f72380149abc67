"""Recording: a Scorecard's files, from a folder or from DVC's cache, into the ledger."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from eval.ledger import Entry, Ledger
from eval.scorecard import Scorecard
from pipeline.artifact import read_json
from pipeline.errors import ArtifactError

SCORECARD = "scorecard.json"
SCORES = "scores.parquet"


def read_scorecard(files: Mapping[str, Path]) -> Scorecard:
    """Read `scorecard.json` among the files of a Scorecard.

    Raises:
        ArtifactError: the file is missing, broken or of another format.
    """
    path = _file(files, SCORECARD)
    try:
        return Scorecard.model_validate(read_json(path))
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"])) or "scorecard"
        raise ArtifactError(
            f"{path} is no Scorecard (`{place}`: {fault['msg']}); remove it and run `dvc repro`"
        ) from None


def record_scorecard(
    ledger: Ledger,
    files: Mapping[str, Path],
    measurements: Mapping[str, float],
    tags: Mapping[str, str],
) -> str:
    """Record a Scorecard with its files and return the run's id; again, the same run.

    Args:
        ledger: Where to.
        files: Relative name to path: `scorecard.json`, `scores.parquet` and whatever else is to
            be attached, such as `plots/…`. The paths may have other names, as in DVC's cache.
        measurements: What is measured but not reproducible, such as `latency_ms.p50`.
        tags: Where the Scorecard comes from, see `eval.provenance`.

    Raises:
        ArtifactError: one of the two files is missing or broken.
        LedgerError: the ledger cannot be reached.
    """
    scorecard = read_scorecard(files)
    _file(files, SCORES)
    return ledger.record(Entry(scorecard, files, measurements, tags))


def _file(files: Mapping[str, Path], name: str) -> Path:
    if name not in files:
        raise ArtifactError(f"{name} is missing from the Scorecard; run `dvc repro score`")
    return files[name]
