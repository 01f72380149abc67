import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from app.commands.doctor import Examination
from app.gate.sides import GateSides
from app.gate.trial import judge_sides
from app.promotion.promotion import PromotionRequest, answer_request
from app.storage.remote import open_remote
from app.storage.version_objects import version_objects
from app.workspace.workspace import Workspace
from eval.gate.verdict import Finding, Verdict
from eval.ledger.ledger import CHAMPION, Ledger, Link
from eval.ledger.mlflow_ledger import ledger_at
from eval.receipts.chain import (
    follow_chain,
    read_receipts,
    receipt_name,
    signature_name,
    verdict_name,
)
from eval.receipts.check import check_receipts
from eval.receipts.receipt import JudgedBy, Receipt, canonical_json, sha256
from eval.receipts.signature import SigningKey
from tests.support.gates import make_entry, make_scorecard
from tests.support.receipts import a_receipt


def measure(workspace: Workspace, versions: Sequence[str]) -> None:
    """Score Versions, so that their promotions need not: what was scored is found again."""
    for version in versions:
        judge_sides(workspace, GateSides(version, None, None), explained=False)


def kill_after(workspace: Workspace, version: str, last: str) -> None:
    """Promote a Version and end this process, as nothing can prevent, after a step."""

    def reached(step: str) -> None:
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    request = PromotionRequest(workspace, version)
    answer_request(request, os.environ, lambda step, _: reached(step), lambda _: reached("judged"))


def ask_again(workspace: Workspace, version: str) -> dict[str, Any]:
    """Promote it again; return what the kill left, what was done now and what is there then."""
    ledger, steps = ledger_at(workspace.root, os.environ), []
    left = ledger.champion()
    answer = answer_request(
        PromotionRequest(workspace, version),
        os.environ,
        lambda step, _: steps.append(step),
        lambda _: None,
    )
    with open_remote(workspace) as remote:
        assert remote is not None
        return {
            "left": left == version,
            "already": answer.already,
            "steps": steps,
            "champion": ledger.champion(),
            "alias": ledger.aliases().get(CHAMPION),
            "missing": remote.missing(version_objects(workspace, version).digests),
            "uncopied": sorted(set(ledger.attachments()) - set(_copies(remote))),
            "links": len(ledger.chain()),
        }


def repair(workspace: Workspace, version: str) -> dict[str, Any]:
    """Do what `winnow doctor --repair` does; return what was wrong, and what is then."""
    ledger = ledger_at(workspace.root, os.environ)
    left = ledger.champion()
    with open_remote(workspace) as remote:
        examination = Examination(workspace, ledger, remote)
        found = []
        for diagnosis in examination.diagnoses():
            if diagnosis.state == "wrong":
                found.append(diagnosis.part)
                assert diagnosis.repair, diagnosis.said
                diagnosis.repair.act()
        return {
            "left": left == version,
            "repaired": found,
            "wrong": [each.said for each in examination.diagnoses() if each.state == "wrong"],
            "champion": ledger.champion(),
            "alias": ledger.aliases().get(CHAMPION),
            "faults": check_receipts(ledger, None)[1].faults,
            "links": len(ledger.chain()),
        }


def _tell(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")


def _copies(remote: Any) -> list[str]:
    return [name for folder in ("receipts", "verdicts") for name in remote.names(folder)]


def _in_child(work: Callable[[], object]) -> int:
    """Fork, which spares importing everything anew; return how the child ended."""
    child = os.fork()
    if not child:
        work()
        sys.stdout.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Kill and mend, one after the other."""
    import dvc.repo
    import mlflow

    assert dvc.repo
    assert mlflow
    workspace = Workspace(Path(sys.argv[1]))
    mends = {"doctor": repair, "again": ask_again}
    asked = [each.replace(":", "=").split("=") for each in sys.argv[2:]]
    assert _in_child(lambda: measure(workspace, [version for _, _, version in asked])) == 0
    for mend, step, version in asked:
        ended = _in_child(lambda: kill_after(workspace, version, step))  # noqa: B023
        assert ended == -signal.SIGKILL, (step, ended)
        ended = _in_child(lambda: _tell(mends[mend](workspace, version)))  # noqa: B023
        assert ended == 0, (step, ended)


if __name__ == "__main__":
    main()


FINDING = Finding(
    metric="recall",
    rule="margin",
    outcome="pass",
    limit=0.02,
    slice=None,
    candidate=0.8,
    baseline=0.7,
    difference=0.1,
    low=0.05,
    high=0.15,
    p_worse=0.99,
    paired=40,
    unpaired={"failed": 1},
    detectable=0.03,
    needed=None,
    higher_is_better=True,
    reason="no worse",
)


@dataclass(frozen=True, slots=True)
class PromotedWorkspace:
    """A workspace, its remote's folder, and the ledger that holds the chain."""

    workspace: Workspace
    remote: Path
    ledger: Ledger

    def promote(self, name: str, key: SigningKey | None = None, **changes: Any) -> Receipt:
        """Do what a promotion does, of a Version whose files hold that name."""
        version, files = self.build(name)
        self.record(version)
        receipts = read_receipts(self.ledger)
        before = receipts[-1] if receipts else None
        verdict = verdict_of(version, before.to if before else None)
        receipt = a_receipt(
            version,
            before,
            **{
                "verdict": judged_by(verdict),
                "files": {name: sha256(content) for name, content in files.items()},
                "remote": str(self.remote),
                "signer": key.public if key else None,
                **changes,
            },
        )
        with open_remote(self.workspace) as remote:
            assert remote is not None
            remote.upload(version_objects(self.workspace, version).digests)
            attachments = attached(receipt, verdict, key)
            self.ledger.append(Link(receipt.hash, receipt.to), receipt.previous, attachments)
            follow_chain(self.ledger)
            for file, content in attachments.items():
                remote.write(file, content)
        return receipt

    def roll_back(self, key: SigningKey | None = None) -> Receipt:
        """Do what a rollback to the champion before does."""
        receipts = read_receipts(self.ledger)
        back = receipts[-2]
        receipt = a_receipt(
            back.to,
            receipts[-1],
            kind="rollback",
            grounds="rollback",
            files=back.files,
            signer=key.public if key else None,
        )
        attachments = attached(receipt, None, key)
        self.ledger.append(Link(receipt.hash, receipt.to), receipt.previous, attachments)
        follow_chain(self.ledger)
        with open_remote(self.workspace) as remote:
            assert remote is not None
            for file, content in attachments.items():
                remote.write(file, content)
        return receipt

    def copied(self, folder: Path, ledger: Ledger | None = None) -> "PromotedWorkspace":
        """Return a copy of everything in an empty folder; of a ledger in files give its copy."""
        shutil.copytree(self.workspace.root.parent, folder, dirs_exist_ok=True)
        workspace = Workspace(folder / self.workspace.root.name)
        return PromotedWorkspace(workspace, folder / "remote", ledger or deepcopy(self.ledger))

    def build(self, name: str) -> tuple[str, dict[str, bytes]]:
        """Put a Version and the folder of its one stage into DVC's cache."""
        chunks = self.keep({"chunks.parquet": f"chunks of {name}".encode()})
        manifest = json.dumps({"outputs": {"chunk": chunks}}).encode()
        files = {"manifest.json": manifest, "vectors.faiss": name.encode() * 10}
        return self.keep(files), files

    def record(self, version: str) -> None:
        self.ledger.record(make_entry(self.workspace.root / "made", make_scorecard(version)))

    def keep(self, files: Mapping[str, bytes]) -> str:
        rows = [{"md5": self._keep(files[name]), "relpath": name} for name in sorted(files)]
        return self._keep(json.dumps(rows, sort_keys=True).encode(), ".dir")

    def _keep(self, content: bytes, ending: str = "") -> str:
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest() + ending
        path = self.object(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(content)
            path.chmod(0o444)
        return digest

    def object(self, digest: str) -> Path:
        """Where DVC's cache holds an object."""
        return self.workspace.cache / "files" / "md5" / digest[:2] / digest[2:]

    def file(self, version: str, name: str) -> Path:
        """Where DVC's cache holds a file of a Version."""
        rows = json.loads(self.object(version).read_bytes())
        return self.object({row["relpath"]: row["md5"] for row in rows}[name])

    def copy(self, name: str) -> Path:
        """Where the remote holds the copy of a file of the chain."""
        return self.remote / "winnow" / name


def make_promoted_workspace(root: Path, ledger: Ledger) -> PromotedWorkspace:
    """Lay out a workspace outside git, whose default remote is a folder beside it."""
    (root / ".dvc").mkdir(parents=True)
    (root / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    lines = (
        "[core]",
        "no_scm = True",
        "remote = store",
        "['remote \"store\"']",
        "url = ../../remote",
    )
    (root / ".dvc" / "config").write_text("\n".join(lines), encoding="utf-8")
    remote = root.parent / "remote"
    remote.mkdir()
    return PromotedWorkspace(Workspace(root), remote, ledger)


def verdict_of(candidate: str, baseline: str | None) -> Verdict:
    return Verdict("pass", candidate, baseline, (FINDING,), (), ("a note",))


def judged_by(verdict: Verdict) -> JudgedBy:
    digest = sha256(canonical_json(asdict(verdict)))
    return JudgedBy(
        outcome=verdict.outcome,
        baseline=verdict.baseline,
        findings=verdict.findings,
        notes=verdict.notes,
        hash=digest,
    )


def attached(receipt: Receipt, verdict: Verdict | None, key: SigningKey | None) -> dict[str, bytes]:
    """Return the files that belong to a receipt, as they lie beside the chain."""
    files = {receipt_name(receipt.hash): receipt.content}
    if key is not None:
        files[signature_name(receipt.hash)] = key.sign(receipt.content)
    if receipt.verdict is not None and verdict is not None:
        files[verdict_name(receipt.verdict.hash)] = canonical_json(asdict(verdict))
    return files


_CODE = "from tests.support.promotions import start_promoters; start_promoters()"
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one promoter saw and got: its head, the error's name and text if there was one."""

    version: str
    head: str | None
    error: str | None
    message: str


class Promoters:
    """Some processes that have imported everything and wait for a word."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def promote(self, versions: Sequence[str], follow: bool) -> list[Attempt]:
        """Let each promote one Version: all read the head, and then all append at once.

        With `follow` each lets the aliases follow the chain afterwards, whether it won or not.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([versions, follow]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self._process.communicate()[1]
        return [Attempt(**each) for each in json.loads(line)]


@contextmanager
def promoters(number: int, root: Path, environ: Mapping[str, str]) -> Iterator[Promoters]:
    """Start promoters of a project's ledger; when the block ends, so do they."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CODE, str(number), str(root), json.dumps(dict(environ))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Promoters(process)
    finally:
        errors = process.communicate(timeout=_SECONDS)[1]
    assert errors == ""


def one_winner_each(rounds: Sequence[Sequence[Attempt]], chain: Sequence[Link]) -> list[str]:
    """Check that in every round all saw the same head and one won; return the winners."""
    winners = [each.version for tried in rounds for each in tried if each.error is None]
    assert [link.version for link in chain] == winners
    assert len(winners) == len(rounds)
    heads = [None, *(link.receipt for link in chain[:-1])]
    for tried, head, winner in zip(rounds, heads, winners, strict=True):
        assert {each.head for each in tried} == {head}
        lost = [each for each in tried if each.error is not None]
        assert len(lost) == len(tried) - 1
        assert {each.error for each in lost} == {"ConflictError"}
        assert all(f"{winner} became champion meanwhile" in each.message for each in lost)
    return winners


def start_promoters() -> None:
    """Be the process that the promoters are copies of: importing MLflow takes seconds of each."""
    from eval.ledger.mlflow_store import prepare_mlflow

    prepare_mlflow()
    import mlflow.store.model_registry.sqlalchemy_store
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401

    number, root, environ = sys.argv[1:]
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(int(number))
    pipes = [context.Pipe() for _ in range(int(number))]
    for turn, (_, pipe) in enumerate(pipes):
        arguments = (pipe, barrier, f"promoter {turn}", Path(root), json.loads(environ))
        context.Process(target=_promote, args=arguments, daemon=True).start()
    for line in sys.stdin:
        versions, follow = json.loads(line)
        for (pipe, _), version in zip(pipes, versions, strict=True):
            pipe.send((version, follow))
        assert all(pipe.poll(_SECONDS) for pipe, _ in pipes)
        print(json.dumps([asdict(pipe.recv()) for pipe, _ in pipes]), flush=True)  # noqa: T201


def _promote(
    pipe: Connection, barrier: Barrier, name: str, root: Path, environ: Mapping[str, str]
) -> None:
    from eval.ledger.mlflow_ledger import ledger_at
    from eval.receipts.chain import follow_chain, read_receipts
    from pipeline.errors import WinnowError
    from tests.support.receipts import a_receipt, append

    while True:
        version, follow = pipe.recv()
        # Each promotion is a command of its own, and so opens the ledger anew.
        ledger = ledger_at(root, environ)
        receipts = read_receipts(ledger)
        last = receipts[-1] if receipts else None
        receipt = a_receipt(version, last, who=name)
        error: WinnowError | None = None
        barrier.wait(_SECONDS)
        try:
            append(ledger, receipt)
        except WinnowError as fault:
            error = fault
        if follow:
            follow_chain(ledger)
        head, kind = last.hash if last else None, type(error).__name__ if error else None
        pipe.send(Attempt(version, head, kind, str(error or "")))
