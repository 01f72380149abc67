"""Diagnosis: what `winnow doctor` says of one part of a project, and how it can be repaired."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from app.promotion.receipts import point_champion
from app.promotion.verification import ChainFile, chain_files, unknown_receipts
from app.storage.version_objects import (
    folder_files,
    keep_version,
    tag_name,
    tagged_versions,
    version_objects,
)
from app.workspace.reproduction import ASIDE, find_damaged, is_broken, set_aside_broken_lock
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHALLENGER, CHAMPION, Ledger
from eval.receipts.chain import attached_names, champion_stack, read_receipts, signature_name
from eval.receipts.receipt import Receipt
from pipeline.errors import LedgerError, RemoteError, VersionError, WinnowError
from pipeline.versions.store import VersionStore, object_path

if TYPE_CHECKING:
    from app.storage.remote import DvcRemote


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

    state: Literal["fine", "wrong", "unknown"]
    part: str
    said: str
    repair: Repair | None = None


_fine = partial(Diagnosis, "fine")
_wrong = partial(Diagnosis, "wrong")
_unknown = partial(Diagnosis, "unknown")


def diagnose(
    workspace: Workspace, ledger: Ledger, remote: "DvcRemote | None", away: str | None = None
) -> Iterator[Diagnosis]:
    """Yield each diagnosis when it is asked for: a repair is seen by those that follow.

    Args:
        workspace: Holds DVC's cache and dvc.lock.
        ledger: Holds the chain of receipts.
        remote: Holds copies and objects; None where there is none to ask.
        away: Why the configured remote could not be opened.
    """
    yield _lock(workspace)
    yield _remote(remote, away)
    try:
        count = len(ledger.chain())
    except LedgerError as error:
        yield _wrong("ledger", str(error))
        yield _unknown("chain", "no receipt can be read, so what belongs to them neither")
        yield from _cache(workspace, None)
        return
    yield _fine("ledger", "can be read")
    try:
        yield from _files(ledger, list(chain_files(ledger, remote)))
        receipts = read_receipts(ledger)
        stack = champion_stack(receipts)
    except WinnowError as error:
        yield _wrong("chain", str(error))
        yield _unknown("aliases, tags and copies", "the chain that decides them cannot be read")
        yield from _cache(workspace, None)
        return
    yield _fine("chain", f"{count} receipts, each in its place")
    yield from _records(ledger, receipts)
    yield _champion(ledger)
    yield _challenger(ledger)
    yield _leftovers(ledger, receipts)
    yield from _versions(workspace, receipts, stack, remote)
    if remote is not None and not is_broken(workspace):
        yield from _stored(workspace, ledger, stack, remote)


def _lock(workspace: Workspace) -> Diagnosis:
    """Look whether dvc.lock can be read."""
    part = "dvc.lock"
    if is_broken(workspace):
        repair = Repair(
            f"renames it to {ASIDE}; `winnow run` then writes a new one, computing nothing again",
            partial(set_aside_broken_lock, workspace),
        )
        return _wrong(part, "was cut short or damaged", repair)
    there = (workspace.root / part).exists()
    return _fine(part, "can be read" if there else "is not there: nothing was built here")


def _remote(remote: "DvcRemote | None", away: str | None) -> Diagnosis:
    if away is not None:
        return _wrong("remote", f"{away}; nothing there was looked at")
    if remote is None:
        return _unknown(
            "remote",
            "none is configured, so receipts and Versions are kept here alone; add one with "
            "`dvc remote add -d NAME URL`",
        )
    return _fine("remote", f"{remote.url} can be listed")


def _cache(workspace: Workspace, champion: str | None) -> Iterator[Diagnosis]:
    """Look for damaged files of the built Version, its Scorecard and the champion in the cache."""
    part = "DVC's cache"
    built = () if is_broken(workspace) else (workspace.version, workspace.scorecard)
    damaged = find_damaged(workspace, (*built, champion))
    for path in damaged:
        removal = Repair(
            "removes it, so that it can be fetched or built again",
            partial(path.unlink, missing_ok=True),
        )
        yield _wrong(part, f"{path} is damaged", removal)
    if not damaged:
        yield _fine(part, "holds no damaged file of what was built here or is champion")


def _files(ledger: Ledger, files: Sequence[ChainFile]) -> Iterator[Diagnosis]:
    """Look whether every file that the chain asks for lies beside it, unchanged."""
    part = "files of the chain"
    faulty = [file for file in files if file.right is None or file.kept != file.right]
    for file in faulty:
        state = "is missing" if file.kept is None else "was changed"
        if file.right is None:
            yield _wrong(
                part,
                f"{file.name} {state}, and no remote holds it either; "
                "restore the ledger from a backup",
            )
            continue
        repair = Repair(
            "copies it from the remote", partial(ledger.attach, {file.name: file.right})
        )
        yield _wrong(part, f"{file.name} {state} in the ledger", repair)
    if not faulty:
        yield _fine(part, f"{len(files)} there, none was changed")


def _records(ledger: Ledger, receipts: Sequence[Receipt]) -> Iterator[Diagnosis]:
    """Look whether the ledger holds a Scorecard, and so a model version, of what was promoted."""
    part = "Scorecards"
    promoted = dict.fromkeys(receipt.to for receipt in receipts)
    recorded = _recorded(ledger)
    for version in promoted:
        if version not in recorded:
            yield _wrong(
                part,
                f"none of {version} is recorded, which was promoted; run `winnow run` at the "
                "revision that it was built from, or restore the ledger from a backup",
            )
    if promoted.keys() <= recorded:
        yield _fine(part, f"one is recorded of each of {len(promoted)} promoted Versions")


def _recorded(ledger: Ledger) -> set[str]:
    return {record.scorecard.version for record in ledger.records()}


def _champion(ledger: Ledger) -> Diagnosis:
    """Look whether the alias of the champion follows the chain."""
    part = "alias champion"
    champion, alias = ledger.champion(), ledger.aliases().get(CHAMPION)
    if champion == alias:
        return _fine(part, f"names {alias}" if alias else "names nothing, nor does the chain")
    if champion is None:
        return _wrong(
            part,
            f"names {alias or 'what no Scorecard was recorded of'}, which no receipt made "
            "champion; promote it with `winnow promote`, or let it go",
            Repair("removes the alias", partial(ledger.point, CHAMPION, None)),
        )
    return _wrong(
        part,
        f"names {alias or 'nothing'}, the last receipt {champion}",
        Repair("lets it follow the chain", partial(point_champion, ledger)),
    )


def _challenger(ledger: Ledger) -> Diagnosis:
    """Look whether the challenger is a known Version other than the champion."""
    part = "alias challenger"
    challenger = ledger.aliases().get(CHALLENGER)
    repair = Repair("removes the alias", partial(ledger.point, CHALLENGER, None))
    if challenger is None:
        return _fine(part, "names nothing")
    if challenger == "":
        return _wrong(part, "names a model version that Winnow did not record", repair)
    if challenger == ledger.champion():
        return _wrong(part, f"names {challenger}, which is the champion already", repair)
    if challenger not in _recorded(ledger):
        return _wrong(part, f"names {challenger}, of which no Scorecard is recorded", repair)
    return _fine(part, f"names {challenger}")


def _leftovers(ledger: Ledger, receipts: Sequence[Receipt]) -> Diagnosis:
    """Count what no link names: harmless, as promotions that lost or were ended leave it."""
    named = {name for receipt in receipts for name in attached_names(receipt)}
    # One that lies beside an unsigned receipt is a fault, which `winnow history --verify` says.
    named |= {signature_name(receipt.hash) for receipt in receipts}
    count = len(set(ledger.attachments()) - named)
    why = ", left by promotions that lost or were ended early: harmless" if count else ""
    return _fine("leftovers", f"{count} files that no receipt of the chain names{why}")


def _versions(
    workspace: Workspace,
    receipts: Sequence[Receipt],
    stack: Sequence[str],
    remote: "DvcRemote | None",
) -> Iterator[Diagnosis]:
    """Look at the Versions that were promoted, as far as they are here."""
    champion = stack[-1] if stack else None
    yield from _cache(workspace, champion)
    yield _champion_here(workspace, champion, remote)
    if is_broken(workspace):
        yield _unknown("git tags and objects at the remote", "dvc.lock must be repaired first")
        return
    yield from _tags(workspace, list(dict.fromkeys(each.to for each in receipts)), remote)


def _champion_here(
    workspace: Workspace, champion: str | None, remote: "DvcRemote | None"
) -> Diagnosis:
    """Look whether the cache holds the whole champion, so that it can be served."""
    part = "champion's files here"
    if champion is None:
        return _fine(part, "there is no champion yet")
    try:
        files = VersionStore(workspace.cache).files(champion)
    except VersionError as error:
        if remote is None:
            return _wrong(part, f"{error}; or name the remote that holds it")
        return _wrong(
            part,
            f"{champion} is not whole in DVC's cache",
            Repair("fetches it from the remote", partial(folder_files, workspace, champion)),
        )
    return _fine(part, f"{len(files)} files of {champion}, each with its hash")


def _tags(
    workspace: Workspace, versions: Sequence[str], remote: "DvcRemote | None"
) -> Iterator[Diagnosis]:
    """Look whether a git tag spares each promoted Version that the cache holds from `dvc gc`."""
    part = "git tags"
    folders = (workspace.root, *workspace.root.parents)
    if not any((folder / ".git").exists() for folder in folders):
        yield _unknown(part, f"{workspace.root} is in no git repository")
        return
    held = [each for each in versions if object_path(workspace.cache, each).is_file()]
    tagged = set(tagged_versions(workspace).values())
    for version in held:
        if version not in tagged:
            repair = Repair("tags it", partial(_tag, workspace, version, remote))
            yield _wrong(part, f"{tag_name(version)} is missing, so `dvc gc` may take it", repair)
    if tagged.issuperset(held):
        yield _fine(part, f"one for each of {len(held)} promoted Versions in DVC's cache")


def _tag(workspace: Workspace, version: str, remote: "DvcRemote | None") -> None:
    keep_version(workspace, version_objects(workspace, version, remote))


def _stored(
    workspace: Workspace, ledger: Ledger, stack: Sequence[str], remote: "DvcRemote"
) -> Iterator[Diagnosis]:
    """Look at what lies at the remote; what is read here sees what was repaired before."""
    try:
        files = list(chain_files(ledger, remote))
        yield from _copies(remote, files, unknown_receipts(ledger, remote))
        yield from _uploads(workspace, list(dict.fromkeys(reversed(stack))), remote)
    except RemoteError as error:
        yield _wrong("remote", str(error))


def _copies(
    remote: "DvcRemote", files: Sequence[ChainFile], strangers: Sequence[str]
) -> Iterator[Diagnosis]:
    """Look whether the remote holds a copy of every file of the chain, and of no other chain."""
    part = "receipts at the remote"
    faulty = [(file, file.right) for file in files if file.right not in (None, file.copied)]
    for file, right in faulty:
        state = "is missing" if file.copied is None else "was changed"
        repair = Repair("copies it there", partial(remote.write, file.name, right))
        yield _wrong(part, f"{file.name} {state} at {remote.url}", repair)
    for said in strangers:
        yield _wrong(part, said)
    if not faulty and not strangers:
        yield _fine(part, f"{len(files)} files at {remote.url}")


def _uploads(
    workspace: Workspace, versions: Sequence[str], remote: "DvcRemote"
) -> Iterator[Diagnosis]:
    """Look whether the remote holds all that the champion, and those to roll back to, need."""
    part = "objects at the remote"
    count, whole = 0, True
    for version in versions:
        try:
            digests = version_objects(workspace, version, remote).digests
        except VersionError as error:
            whole = False
            yield _wrong(part, str(error))
            continue
        count += len(digests)
        missing = remote.missing(digests)
        if not missing:
            continue
        whole = False
        said = f"{len(missing)} objects of {version} are missing or cut short at {remote.url}"
        lacking = [each for each in missing if not object_path(workspace.cache, each).is_file()]
        if lacking:
            yield _wrong(
                part,
                f"{said}, and DVC's cache here lacks {len(lacking)} of them; run `winnow doctor "
                "--repair` where they are, or build the Version again",
            )
        else:
            yield _wrong(part, said, Repair("uploads them", partial(remote.upload, missing)))
    if whole:
        yield _fine(part, f"{count} of {len(versions)} Versions at {remote.url}")
