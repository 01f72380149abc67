"""Diagnosis: what `winnow doctor` says of one part of a project, and how it can be repaired."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.promotion.verification import ReceiptCopy
from app.storage.version_objects import (
    cached_object,
    folder_files,
    keep_version,
    tag_name,
    tagged_versions,
    version_objects,
)
from app.workspace.reproduction import ASIDE, find_damaged, is_broken, set_aside_broken_lock
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHALLENGER, CHAMPION, Ledger
from eval.receipts.chain import attached_names, follow_chain, signature_name
from eval.receipts.receipt import Receipt
from pipeline.errors import VersionError
from pipeline.versions.store import VersionStore

State = Literal["fine", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Repair:
    """What `--repair` does, in words that follow "it", and the doing of it."""

    does: str
    act: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One part, whether it is fine, and what was seen.

    `unknown` is what could not be looked at, which is never called fine. Where only a person can
    help, `said` names the command and there is no repair.
    """

    part: str
    state: State
    said: str
    repair: Repair | None = None


def fine(part: str, said: str) -> Diagnosis:
    """Return that a part is as it must be."""
    return Diagnosis(part, "fine", said)


def wrong(part: str, said: str, repair: Repair | None = None) -> Diagnosis:
    """Return that a part is not as it must be."""
    return Diagnosis(part, "wrong", said, repair)


def unknown(part: str, said: str) -> Diagnosis:
    """Return that a part could not be looked at."""
    return Diagnosis(part, "unknown", said)


if TYPE_CHECKING:
    from app.storage.remote import DvcRemote


def diagnose_files(ledger: Ledger, copies: Sequence[ReceiptCopy]) -> Iterator[Diagnosis]:
    """Look whether every file that the chain asks for lies beside it, unchanged."""
    part = "files of the chain"
    faulty = [copy for copy in copies if copy.right is None or copy.here != copy.right]
    for copy in faulty:
        state = "is missing" if copy.here is None else "was changed"
        if copy.right is None:
            yield wrong(
                part,
                f"{copy.name} {state}, and no remote holds it either; "
                "restore the ledger from a backup",
            )
            continue
        content = {copy.name: copy.right}
        repair = Repair("copies it from the remote", partial(ledger.attach, content))
        yield wrong(part, f"{copy.name} {state} in the ledger", repair)
    if not faulty:
        yield fine(part, f"{len(copies)} there, none was changed")


def diagnose_champion(ledger: Ledger) -> Diagnosis:
    """Look whether the alias of the champion follows the chain."""
    part = "alias champion"
    champion, alias = ledger.champion(), ledger.aliases().get(CHAMPION)
    if champion == alias:
        return fine(part, f"names {alias}" if alias else "names nothing, nor does the chain")
    if champion is None:
        return wrong(
            part,
            f"names {alias or 'what no Scorecard was recorded of'}, which no receipt made "
            "champion; promote it with `winnow promote`, or let it go",
            Repair("removes the alias", partial(ledger.point, CHAMPION, None)),
        )
    return wrong(
        part,
        f"names {alias or 'nothing'}, the last receipt {champion}",
        Repair("lets it follow the chain", partial(follow_chain, ledger)),
    )


def diagnose_challenger(ledger: Ledger) -> Diagnosis:
    """Look whether the challenger is a known Version other than the champion."""
    part = "alias challenger"
    challenger = ledger.aliases().get(CHALLENGER)
    repair = Repair("removes the alias", partial(ledger.point, CHALLENGER, None))
    if challenger is None:
        return fine(part, "names nothing")
    if challenger == "":
        return wrong(part, "names a model version that Winnow did not record", repair)
    if challenger == ledger.champion():
        return wrong(part, f"names {challenger}, which is the champion already", repair)
    if challenger not in _recorded(ledger):
        return wrong(part, f"names {challenger}, of which no Scorecard is recorded", repair)
    return fine(part, f"names {challenger}")


def diagnose_records(ledger: Ledger, receipts: Sequence[Receipt]) -> Iterator[Diagnosis]:
    """Look whether the ledger holds a Scorecard, and so a model version, of what was promoted."""
    part = "Scorecards"
    promoted = dict.fromkeys(receipt.to for receipt in receipts)
    recorded = _recorded(ledger)
    for version in promoted:
        if version not in recorded:
            yield wrong(
                part,
                f"none of {version} is recorded, which was promoted; run `winnow run` at the "
                "revision that it was built from, or restore the ledger from a backup",
            )
    if promoted.keys() <= recorded:
        yield fine(part, f"one is recorded of each of {len(promoted)} promoted Versions")


def diagnose_leftovers(ledger: Ledger, receipts: Sequence[Receipt]) -> Diagnosis:
    """Count what no link names: harmless, as promotions that lost or were ended leave it."""
    named = {name for receipt in receipts for name in attached_names(receipt)}
    # One that lies beside an unsigned receipt is a fault, which `winnow history --verify` says.
    named |= {signature_name(receipt.hash) for receipt in receipts}
    count = len(set(ledger.attachments()) - named)
    said = f"{count} files that no receipt of the chain names"
    why = ", left by promotions that lost or were ended early: harmless" if count else ""
    return fine("leftovers", said + why)


def diagnose_copies(
    remote: "DvcRemote", copies: Sequence[ReceiptCopy], unknown_ones: Sequence[str]
) -> Iterator[Diagnosis]:
    """Look whether the remote holds a copy of every file of the chain, and of no other chain."""
    part = "receipts at the remote"
    faulty = [copy for copy in copies if copy.right is not None and copy.there != copy.right]
    for copy in faulty:
        assert copy.right is not None
        state = "is missing" if copy.there is None else "was changed"
        repair = Repair("copies it there", partial(remote.write, copy.name, copy.right))
        yield wrong(part, f"{copy.name} {state} at {remote.url}", repair)
    for said in unknown_ones:
        yield wrong(part, said)
    if not faulty and not unknown_ones:
        yield fine(part, f"{len(copies)} files at {remote.url}")


def _recorded(ledger: Ledger) -> set[str]:
    return {record.scorecard.version for record in ledger.records()}


if TYPE_CHECKING:
    from app.storage.remote import DvcRemote


def diagnose_lock(workspace: Workspace) -> Diagnosis:
    """Look whether dvc.lock can be read."""
    part = "dvc.lock"
    if is_broken(workspace):
        repair = Repair(
            f"renames it to {ASIDE}; `winnow run` then writes a new one, computing nothing again",
            partial(set_aside_broken_lock, workspace),
        )
        return wrong(part, "was cut short or damaged", repair)
    there = (workspace.root / part).exists()
    return fine(part, "can be read" if there else "is not there: nothing was built here")


def diagnose_cache(workspace: Workspace, champion: str | None) -> Iterator[Diagnosis]:
    """Look for damaged files of the built Version, its Scorecard and the champion in the cache."""
    part = "DVC's cache"
    built = () if is_broken(workspace) else (workspace.version, workspace.scorecard)
    damaged = find_damaged(workspace, (*built, champion))
    for path in damaged:
        removal = Repair(
            "removes it, so that it can be fetched or built again",
            partial(path.unlink, missing_ok=True),
        )
        yield wrong(part, f"{path} is damaged", removal)
    if not damaged:
        yield fine(part, "holds no damaged file of what was built here or is champion")


def diagnose_champion_here(
    workspace: Workspace, champion: str | None, remote: "DvcRemote | None"
) -> Diagnosis:
    """Look whether the cache holds the whole champion, so that it can be served."""
    part = "champion's files here"
    if champion is None:
        return fine(part, "there is no champion yet")
    try:
        files = VersionStore(workspace.cache).files(champion)
    except VersionError as error:
        if remote is None:
            return wrong(part, f"{error}; or name the remote that holds it")
        return wrong(
            part,
            f"{champion} is not whole in DVC's cache",
            Repair("fetches it from the remote", partial(_fetch, workspace, champion)),
        )
    return fine(part, f"{len(files)} files of {champion}, each with its hash")


def diagnose_tags(
    workspace: Workspace, versions: Sequence[str], remote: "DvcRemote | None"
) -> Iterator[Diagnosis]:
    """Look whether a git tag spares each promoted Version that the cache holds from `dvc gc`."""
    part = "git tags"
    if not any((folder / ".git").exists() for folder in (workspace.root, *workspace.root.parents)):
        yield unknown(part, f"{workspace.root} is in no git repository")
        return
    held = [each for each in versions if cached_object(workspace, each).is_file()]
    tagged = set(tagged_versions(workspace).values())
    for version in held:
        if version not in tagged:
            repair = Repair("tags it", partial(_tag, workspace, version, remote))
            yield wrong(part, f"{tag_name(version)} is missing, so `dvc gc` may take it", repair)
    if tagged.issuperset(held):
        yield fine(part, f"one for each of {len(held)} promoted Versions in DVC's cache")


def diagnose_uploads(
    workspace: Workspace, versions: Sequence[str], remote: "DvcRemote"
) -> Iterator[Diagnosis]:
    """Look whether the remote holds all that the champion, and those to roll back to, need."""
    part = "objects at the remote"
    count = 0
    faults = 0
    for version in versions:
        try:
            digests = version_objects(workspace, version, remote).digests
        except VersionError as error:
            faults += 1
            yield wrong(part, str(error))
            continue
        count += len(digests)
        if missing := remote.missing(digests):
            faults += 1
            repair = Repair("uploads them", partial(remote.upload, missing))
            said = f"{len(missing)} objects of {version} are missing or cut short at {remote.url}"
            yield _uploadable(workspace, part, said, missing, repair)
    if not faults:
        yield fine(part, f"{count} of {len(versions)} Versions at {remote.url}")


def _uploadable(
    workspace: Workspace, part: str, said: str, missing: Sequence[str], repair: Repair
) -> Diagnosis:
    lacking = [each for each in missing if not cached_object(workspace, each).is_file()]
    if not lacking:
        return wrong(part, said, repair)
    return wrong(
        part,
        f"{said}, and DVC's cache here lacks {len(lacking)} of them; run `winnow doctor --repair` "
        "where they are, or build the Version again",
    )


def _fetch(workspace: Workspace, version: str) -> None:
    folder_files(workspace, version)


def _tag(workspace: Workspace, version: str, remote: "DvcRemote | None") -> Path | str | None:
    return keep_version(workspace, version_objects(workspace, version, remote))
