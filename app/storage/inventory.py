"""Inventory: what DVC's cache and a remote hold, by digest, and what of it must stay."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.library import named_version
from app.storage.remote import DvcRemote
from eval.ledger.ledger import Ledger, Record
from eval.receipts.chain import read_receipts
from pipeline.errors import PrerequisiteError, RemoteError, WinnowError, one_line
from pipeline.versions.store import FOLDER, listed_files, object_path

if TYPE_CHECKING:
    from dvc.repo import Repo

_DIGEST = re.compile(r"[0-9a-f]{32}(\.dir)?")
_AT_ONCE = 16
_TAGS = "winnow/"


class Inventory:
    """Objects with their sizes, and folders by their listings; everything is read once.

    An object whose bytes have another MD5 than its name counts as one that cannot be read.
    """

    def __init__(self, cache: Path, remote: DvcRemote | None = None) -> None:
        """Take DVC's cache folder, and a remote for what that lacks.

        Raises:
            RemoteError: the remote cannot be listed.
        """
        self._cache = cache
        self._remote = remote
        self._json: dict[str, Mapping[str, Any]] = {}
        self.cached: Mapping[str, int] = _cached_sizes(cache)
        """Digest to size in bytes."""
        self.remote: Mapping[str, int] = remote.sizes() if remote else {}
        """The same of the remote; empty where none is given."""

    @cached_property
    def folders(self) -> Mapping[str, Mapping[str, str]]:
        """Map each folder to its files' digests by relative path; only those that can be read."""
        wanted = sorted(each for each in {**self.cached, **self.remote} if each.endswith(FOLDER))
        read = {folder: listed_files(content) for folder, content in self._contents(wanted).items()}
        return {folder: files for folder, files in read.items() if files is not None}

    def json_objects(self, digests: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Map files to the JSON object in each; empty where there is none that can be read."""
        unread = [each for each in dict.fromkeys(digests) if each not in self._json]
        contents = self._contents(unread)
        self._json |= {each: _json_object(contents.get(each, b"")) for each in unread}
        return self._json

    def _contents(self, digests: Sequence[str]) -> dict[str, bytes]:
        """Read many objects, several at once: each one of a remote is a request."""
        from tqdm import tqdm

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(self._content, digests)
            shown = tqdm(found, "reading", len(digests), leave=False, disable=None)
            contents = dict(zip(digests, shown, strict=True))
        return {digest: content for digest, content in contents.items() if content is not None}

    def _content(self, digest: str) -> bytes | None:
        """Return the verified bytes of an object, of the cache before the remote."""
        if digest in self.cached:
            content = object_path(self._cache, digest).read_bytes()
            if _is_of(content, digest):
                return content
        if self._remote is None or digest not in self.remote:
            return None
        content = self._remote.object(digest) or b""
        if not _is_of(content, digest):
            raise RemoteError(
                f"the object {digest} at {self._remote.url} is damaged; upload it again from where "
                "it is whole, with `winnow doctor --repair`"
            )
        return content


def at_hand(cache: Path, folder: str) -> bool:
    """Whether the cache holds a folder's listing and every file of it; no content is verified."""
    try:
        files = listed_files(object_path(cache, folder).read_bytes())
    except OSError:
        return False
    return files is not None and all(object_path(cache, each).is_file() for each in files.values())


@dataclass(frozen=True, slots=True)
class KeepRules:
    """What a person wants kept beside the workspace and the chain.

    `versions` are names as `app.library` takes them, `last` is how many of the newest scored
    ones; the rest says whether what any branch, tag or experiment names is wanted.
    """

    versions: tuple[str, ...] = ()
    last: int = 0
    branches: bool = False
    tags: bool = False
    experiments: bool = False


def objects_to_keep(repo: "Repo", ledger: Ledger, rules: KeepRules) -> frozenset[str]:
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
    receipts = read_receipts(ledger)
    return frozenset(
        (
            *(receipt.to for receipt in receipts),
            *(folder for receipt in receipts for folder in receipt.outputs.values()),
            *(version for version in ledger.aliases().values() if version),
            *(named_version(name, ledger) for name in rules.versions),
            *_newest(records, rules.last),
            *_of_revisions(repo, rules),
        )
    )


def _newest(records: list[Record], count: int) -> list[str]:
    newest = sorted(records, key=lambda each: each.recorded, reverse=True)
    return list(dict.fromkeys(each.scorecard.version for each in newest))[:count]


def _of_revisions(repo: "Repo", rules: KeepRules) -> Iterator[str]:
    """Yield what dvc.lock and each .dvc file name, here and in the wanted revisions.

    The tags of promotions always count: one may be under way.
    """
    from dvc.exceptions import DvcException
    from dvc.scm import NoSCM, SCMError

    own: list[str] = []
    if not isinstance(repo.scm, NoSCM):
        own = [tag for tag in repo.scm.list_tags() if tag.startswith(_TAGS)]
    elif rules.branches or rules.tags or rules.experiments:
        raise PrerequisiteError(
            f"{repo.root_dir} is in no git repository: leave out --branches, --tags and "
            "--experiments, and name Versions with --keep"
        )
    try:
        for _ in repo.brancher(
            revs=own or None,
            all_branches=rules.branches,
            all_tags=rules.tags,
            all_experiments=rules.experiments,
        ):
            yield from (str(out.hash_info.value) for out in repo.index.outs if out.hash_info)
    except (DvcException, SCMError) as error:
        reason = one_line(f"{error} ({error.__cause__ or type(error).__name__})")
        raise WinnowError(
            f"DVC cannot read what is in use: {reason}; mend that first, as nothing is removed "
            "on a guess"
        ) from None


def _cached_sizes(cache: Path) -> dict[str, int]:
    """Map every object of DVC's cache to its size in bytes."""
    sizes: dict[str, int] = {}
    root = cache / "files" / "md5"
    for folder in root.iterdir() if root.is_dir() else ():
        if len(folder.name) != 2 or not folder.is_dir():
            continue
        with os.scandir(folder) as entries:
            for entry in entries:
                digest = folder.name + entry.name
                if _DIGEST.fullmatch(digest) and entry.is_file():
                    sizes[digest] = entry.stat().st_size
    return sizes


def _json_object(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_of(content: bytes, digest: str) -> bool:
    return hashlib.md5(content, usedforsecurity=False).hexdigest() == digest.removesuffix(FOLDER)
