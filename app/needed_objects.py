"""Needed objects: what the workspace, the chain of receipts and a person want kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.version_name import named_version
from eval.ledger import Ledger, Record
from eval.receipt_chain import read_receipts
from pipeline.errors import PrerequisiteError, WinnowError

if TYPE_CHECKING:
    from dvc.repo import Repo

_TAGS = "winnow/"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants kept beside the workspace and the chain.

    `versions` are names as `app.version_name` takes them, `last` is how many of the newest scored
    ones; the rest says whether what any branch, tag or experiment names is wanted.
    """

    versions: tuple[str, ...] = ()
    last: int = 0
    branches: bool = False
    tags: bool = False
    experiments: bool = False


def needed_objects(repo: "Repo", ledger: Ledger, wanted: Wanted) -> frozenset[str]:
    """Return digests of Versions, folders and files that must stay.

    Raises:
        LedgerError: the ledger or a receipt cannot be read.
        VersionError: a wanted Version is not known, or several are meant.
        PrerequisiteError: the ledger is empty, or there is no git to ask for branches.
        WinnowError: DVC cannot read what a revision names.
    """
    records = ledger.records()
    if not records:
        raise PrerequisiteError(
            "the ledger holds no Scorecard, so that nothing says what is needed; if yours is "
            "another one, name it in MLFLOW_TRACKING_URI, else run `winnow run` first"
        )
    return frozenset(
        (
            *_of_chain(ledger),
            *(version for version in ledger.aliases().values() if version),
            *(named_version(name, ledger) for name in wanted.versions),
            *_newest(records, wanted.last),
            *_of_revisions(repo, wanted),
        )
    )


def _of_chain(ledger: Ledger) -> Iterator[str]:
    """Yield every Version that is or was champion, and what its stages wrote."""
    for receipt in read_receipts(ledger):
        yield receipt.to
        yield from receipt.outputs.values()


def _newest(records: list[Record], count: int) -> list[str]:
    newest = sorted(records, key=lambda each: each.recorded, reverse=True)
    return list(dict.fromkeys(each.scorecard.version for each in newest))[:count]


def _of_revisions(repo: "Repo", wanted: Wanted) -> Iterator[str]:
    """Yield what dvc.lock and each .dvc file name, here and in the wanted revisions.

    The tags of promotions always count: one may be under way.
    """
    from dvc.exceptions import DvcException
    from dvc.scm import NoSCM, SCMError

    own: list[str] = []
    if not isinstance(repo.scm, NoSCM):
        own = [tag for tag in repo.scm.list_tags() if tag.startswith(_TAGS)]
    elif wanted.branches or wanted.tags or wanted.experiments:
        raise PrerequisiteError(
            f"{repo.root_dir} is in no git repository: leave out --branches, --tags and "
            "--experiments, and name Versions with --keep"
        )
    try:
        for _ in repo.brancher(
            revs=own or None,
            all_branches=wanted.branches,
            all_tags=wanted.tags,
            all_experiments=wanted.experiments,
        ):
            yield from (str(out.hash_info.value) for out in repo.index.outs if out.hash_info)
    except (DvcException, SCMError) as error:
        reason = " ".join(f"{error} ({error.__cause__ or type(error).__name__})".split())
        raise WinnowError(
            f"DVC cannot read what is in use: {reason}; mend that first, as nothing is removed "
            "on a guess"
        ) from None
