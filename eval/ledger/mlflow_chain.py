"""MlflowChain: the receipts' chain, as params of one MLflow run that are each written once."""

import json
import re
from collections.abc import Mapping, Sequence

from eval.ledger.ledger import Link
from eval.ledger.mlflow_store import (
    ABSENT,
    PRESENT,
    REFUSED,
    MlflowStore,
    RunFiles,
    StoredRun,
    accepting,
)
from eval.ledger.store import LedgerAddress
from pipeline.errors import ConflictError, LedgerError, ReceiptError

REGISTERED = "winnow-ledger"
"""The registered model whose tag `run` names the ledger's run: MLflow registers a name once."""
_RUN = "ledger"
_TAG = "winnow.ledger"
_FOLDER = "receipts"
"""Whoever reads one receipt reads all, so a server is asked for all at once."""
_LONGEST = 250
_HASH = re.compile(r"[0-9a-f]{64}")


class MlflowChain:
    """The chain's part of a Ledger: links are params of the run `ledger`, attachments its files.

    MLflow takes a param once: of two who append after the same receipt, one wins. So it is with
    the name of a registered model, by which the first of all appends decides which run it is; the
    others delete the run that they had made. With SQLite, writers wait for one another besides.
    """

    def __init__(self, address: LedgerAddress) -> None:
        """Take where the store is; nothing is opened before the first call.

        Every method raises LedgerError, with the URI and the fix, when the store cannot be
        reached or is broken. Reading a SQLite store that does not exist yet does not make it.
        """
        self._store = MlflowStore(address)
        self._files = RunFiles(self._store)
        self._run: str | None = None
        self._brought: dict[str, bytes] | None = None

    def champion(self) -> str | None:
        """Return the id of the Version that the last receipt made champion, if there is one."""
        links = self.chain()
        return links[-1].version if links else None

    def chain(self) -> tuple[Link, ...]:
        """Return every link, the first receipt's first."""
        run = self._find()
        return follow_params(run.params) if run else ()

    def append(self, link: Link, previous: str | None, attachments: Mapping[str, bytes]) -> None:
        """Store the attachments, then the link after `previous`, None for the first."""
        name, value = param_name(previous), param_value(link)
        with self._store.locked() as client:
            run = self._find() or self._decide()
            if not stands(follow_params(run.params), link, previous):
                self._write(run.id, attachments)
                with accepting(REFUSED):
                    client.log_param(run.id, name, value)
                # MLflow may refuse for other reasons, and may cut what it takes.
                if not stands(follow_params(self._store.run(run.id).params), link, previous):
                    raise LedgerError(
                        f"MLflow did not take the link {name!r}; look at the log of its server, "
                        "then try again"
                    )

    def attachments(self) -> tuple[str, ...]:
        """Return the names of all files beside the chain, those that no link names included."""
        run = self._run_id()
        return tuple(self._files.names(run)) if run else ()

    def attachment(self, name: str) -> bytes:
        """Return a file that was stored beside the chain."""
        run = self._run_id()
        content = self._read(run, name) if run else None
        if content is None:
            raise ReceiptError(
                f"the ledger holds no file {name}; `winnow doctor --repair` brings it from the "
                "remote if that has it"
            )
        return content

    def attach(self, attachments: Mapping[str, bytes]) -> None:
        """Store files beside the chain, over any of the same name: for repair."""
        with self._store.locked():
            run = self._find() or self._decide()
            self._write(run.id, attachments)

    def _read(self, run: str, name: str) -> bytes | None:
        if self._brought is None and name.startswith(f"{_FOLDER}/"):
            self._brought = self._files.bring(run, _FOLDER)
        if self._brought and name in self._brought:
            return self._brought[name]
        return self._files.read(run, name)

    def _write(self, run: str, attachments: Mapping[str, bytes]) -> None:
        self._brought = None
        self._files.write(run, attachments)

    def _run_id(self) -> str | None:
        # Which run it is never changes, and each of hundreds of files would ask again.
        if self._run is None and (run := self._find()):
            self._run = run.id
        return self._run

    def _find(self) -> StoredRun | None:
        """Return the ledger's run, which the registered model names.

        Where somebody removed that, it is the one run of its kind that holds a link: who loses the
        decision, or is killed before it, leaves none.
        """
        if self._store.address.unused:
            return None
        if run := self._registered():
            return self._store.run(run)
        made = self._store.runs(f"tags.`{_TAG}` = 'true'")
        linked = [each for each in made if param_name(None) in each.params]
        if len(linked) > 1:
            raise LedgerError(
                "several runs in MLflow hold a chain of receipts and no registered model "
                f"{REGISTERED!r} says which counts: delete all but one of "
                f"{', '.join(each.id for each in linked)} with `mlflow runs delete --run-id ID`"
            )
        return linked[0] if linked else None

    def _decide(self) -> StoredRun:
        mine = self._store.start(_RUN, {_TAG: "true"})
        with self._store.opened() as client:
            client.set_terminated(mine.id, "FINISHED")
            with accepting(PRESENT):
                client.create_registered_model(REGISTERED, tags={"run": mine.id})
            # Ours may stand there though MLflow refused it: the request is repeated when the
            # answer was lost.
            decided = self._registered()
            if decided != mine.id:
                client.delete_run(mine.id)
        if decided is None:
            raise LedgerError(
                f"the registered model {REGISTERED!r} in MLflow lacks its tag `run`; delete it "
                "there, then try again"
            )
        return self._store.run(decided)

    def _registered(self) -> str | None:
        with self._store.opened() as client, accepting(ABSENT):
            run: str | None = client.get_registered_model(REGISTERED).tags.get("run")
            return run
        return None


def stands(links: Sequence[Link], link: Link, previous: str | None) -> bool:
    """Say whether a link stands in its place already.

    Raises:
        ConflictError: another one stands there.
        LedgerError: no receipt of the hash `previous` is in the chain.
    """
    hashes = [None, *(each.receipt for each in links)]
    if previous not in hashes:
        raise LedgerError(
            f"the receipt {link.receipt[:12]} would follow {previous}, which is not in the chain; "
            "run `winnow history --verify`"
        )
    after = links[hashes.index(previous) :]
    if after and (winner := after[0]) != link:
        raise ConflictError(
            f"somebody was first: {winner.version} became champion meanwhile (receipt "
            f"{winner.receipt[:12]}), so {link.version} did not; judge it against that champion "
            f"with `winnow gate {link.version}`, then run `winnow promote {link.version}` again"
        )
    return bool(after)


def param_name(previous: str | None) -> str:
    """Return the param of the link after a receipt, None for the first."""
    return f"after.{previous or 'first'}"


def param_value(link: Link) -> str:
    """Return a link as compact JSON, about 130 characters: MLflow cuts what is long.

    Raises:
        LedgerError: it is no link that could be read again, and a param cannot be taken back.
    """
    content = {"receipt": link.receipt, "version": link.version}
    value = json.dumps(content, sort_keys=True, separators=(",", ":"))
    if len(value) > _LONGEST or _link(value) != link:
        raise LedgerError(
            f"{value[:_LONGEST]} cannot be a link of the chain; a receipt is named by its SHA-256"
        )
    return value


def follow_params(params: Mapping[str, str]) -> tuple[Link, ...]:
    """Return the links that follow one another from the first one, whatever else is there.

    Raises:
        LedgerError: a link cannot be read, or leads back to an earlier one.
    """
    links: dict[str, Link] = {}
    name = param_name(None)
    while name in params:
        link = _link(params[name])
        if link is None:
            raise LedgerError(
                f"the param `{name}` of the run `ledger` in MLflow is no link of the chain "
                f"({params[name][:80]!r}); restore the MLflow store from a backup"
            )
        if link.receipt in links:
            raise LedgerError(
                f"the chain in MLflow leads back to the receipt {link.receipt} at its param "
                f"`{name}`; restore the MLflow store from a backup"
            )
        links[link.receipt] = link
        name = param_name(link.receipt)
    return tuple(links.values())


def _link(value: str) -> Link | None:
    try:
        content = json.loads(value)
        receipt, version = content["receipt"], content["version"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    named = isinstance(receipt, str) and _HASH.fullmatch(receipt)
    return Link(receipt, version) if named and isinstance(version, str) and version else None
