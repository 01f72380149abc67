"""Promoters in processes of their own, who all append after the same receipt at once."""

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from app.promotion.receipts import point_champion
from eval.ledger.ledger import Link
from eval.ledger.mlflow_ledger import ledger_at
from eval.ledger.mlflow_store import prepare_mlflow
from eval.receipts.chain import read_receipts
from pipeline.errors import WinnowError
from tests.support.receipts import a_receipt, append

_CODE = "from tests.support.rivals import start_promoters; start_promoters()"
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
    prepare_mlflow()
    import mlflow.store.model_registry.sqlalchemy_store
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401

    number, root, environ = sys.argv[1:]
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(int(number))
    pipes = [context.Pipe() for _ in range(int(number))]
    for place, (_, pipe) in enumerate(pipes):
        arguments = (pipe, barrier, f"promoter {place}", Path(root), json.loads(environ))
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
            point_champion(ledger)
        head, kind = last.hash if last else None, type(error).__name__ if error else None
        pipe.send(Attempt(version, head, kind, str(error or "")))
