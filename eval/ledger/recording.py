"""Recording: what goes into the ledger of a Scorecard's files, and where they come from."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from eval.ledger.ledger import Ledger, NewRecord
from eval.scores.scorecard import Scorecard
from pipeline.errors import ArtifactError, public_address
from pipeline.files import read_json
from pipeline.process import git_output

SCORECARD = "scorecard.json"
SCORES = "scores.parquet"
UNKNOWN = "unknown"
NONE = "none"
# What DVC writes and git keeps: these differ while a stage runs, whatever a person did.
_PRODUCTS = ("dvc.lock", "data/index.json", "data/ingest.json", "data/metrics.json")


def read_scorecard(files: Mapping[str, Path]) -> Scorecard:
    """Read `scorecard.json` among the files of a Scorecard, by relative name.

    The paths may have other names, as in DVC's cache.

    Raises:
        ArtifactError: it or `scores.parquet` is missing, or it is broken or of another format.
    """
    for name in (SCORECARD, SCORES):
        if name not in files:
            raise ArtifactError(f"{name} is missing from the Scorecard; run `dvc repro score`")
    path = files[SCORECARD]
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
    """Record what `read_scorecard` reads, with all its files; again, it is the same run's id."""
    return ledger.record(NewRecord(read_scorecard(files), files, measurements, tags))


def provenance(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the tags `baseline`, `dirty`, `remote` and, in a DVC experiment, `experiment`.

    `baseline` is the full git revision that the code and params started from: what DVC says in
    an experiment (`dvc/repo/experiments/queue/base.py` sets DVC_EXP_BASELINE_REV and
    DVC_EXP_NAME for the workspace, `--temp` and `--queue` alike), else HEAD. `dirty` is `true`
    when anything below `root` but what DVC writes differs from it, an experiment's params
    included.
    Outside git, or with no commit yet, both are `unknown`. `remote` is the address of DVC's default
    remote as the project configures it, without credentials; `none` if there is none.
    """
    head = git_output(root, "rev-parse", "--verify", "--quiet", "HEAD", environ=environ)
    tags = {
        "baseline": environ.get("DVC_EXP_BASELINE_REV") or head or UNKNOWN,
        "dirty": _dirty(root, environ) if head else UNKNOWN,
        "remote": _remote(Path(environ.get("DVC_ROOT") or root)),
    }
    if experiment := environ.get("DVC_EXP_NAME"):
        tags["experiment"] = experiment
    return tags


def _dirty(root: Path, environ: Mapping[str, str]) -> str:
    products = [f":(exclude){path}" for path in _PRODUCTS]
    # Otherwise `git status` would hold the index while DVC uses it.
    unlocked = {**environ, "GIT_OPTIONAL_LOCKS": "0"}
    changes = git_output(root, "status", "--porcelain", "--", ".", *products, environ=unlocked)
    return UNKNOWN if changes is None else str(bool(changes)).lower()


def _remote(project: Path) -> str:
    from dvc.config import Config, ConfigError

    try:
        config = Config(dvc_dir=str(project / ".dvc"))
    except ConfigError:
        return UNKNOWN
    remotes = config.get("remote", {})
    only = next(iter(remotes)) if len(remotes) == 1 else None
    address = remotes.get(config["core"].get("remote", only), {}).get("url")
    return NONE if address is None else public_address(str(address))
