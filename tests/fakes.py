"""Fakes: complete, small implementations of the Protocols, for tests."""

import ctypes
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.judges.judge import Judged
from eval.ledger.ledger import Link, NewRecord, Record
from eval.ledger.mlflow_chain import stands
from eval.scores.scorecard import Score, Spent, read_scores
from pipeline.answer import Passage
from pipeline.documents.document import Heading, Page, Reading
from pipeline.documents.reader import MediaType, Readers
from pipeline.errors import LedgerError, LimitError, ReadError, ReceiptError
from pipeline.files import hash_text
from tests.support.receipts import a_receipt, append


class ScriptedRetriever:
    """Returns the passages that a script holds for a question, else those under `""`."""

    def __init__(self, script: Mapping[str, Sequence[Passage]]) -> None:
        self._script = script

    def retrieve(self, question: str, k: int) -> list[Passage]:
        return list(self._script.get(question, self._script.get("", ())))[:k]


class MemoryLedger:
    """A Ledger in memory; `fault`, while it is set, is raised instead of any answer."""

    def __init__(self, champion: str | None = None) -> None:
        """Start empty, or with a made-up first receipt that names the champion."""
        self.fault: Exception | None = None
        self._records: dict[str, Record] = {}
        self._scores: dict[str, list[Score]] = {}
        self._links: dict[str, Link] = {}
        self._attachments: dict[str, bytes] = {}
        self._aliases: dict[str, str] = {}
        if champion is not None:
            append(self, a_receipt(champion))

    def add(self, record: Record, scores: Sequence[Score] = ()) -> None:
        self._records[record.run] = record
        self._scores[record.run] = list(scores)

    def record(self, new: NewRecord) -> str:
        run = new.scorecard.key
        if run not in self._records:
            recorded = float(len(self._records))
            record = Record(run, new.scorecard, recorded, dict(new.measurements), dict(new.tags))
            table = new.files.get("scores.parquet")
            self.add(record, read_scores(table) if table else ())
        return run

    def records(self) -> list[Record]:
        self._check()
        return sorted(self._records.values(), key=lambda each: -each.recorded)

    def scores(self, record: Record) -> list[Score]:
        self._check()
        return self._scores[record.run]

    def champion(self) -> str | None:
        self._check()
        links = self.chain()
        return links[-1].version if links else None

    def chain(self) -> tuple[Link, ...]:
        self._check()
        return tuple(self._links.values())

    def append(self, link: Link, previous: str | None, attachments: Mapping[str, bytes]) -> None:
        if not stands(self.chain(), link, previous):
            self.attach(attachments)
            self._links[link.receipt] = link

    def attachments(self) -> tuple[str, ...]:
        self._check()
        return tuple(sorted(self._attachments))

    def attachment(self, name: str) -> bytes:
        self._check()
        if name not in self._attachments:
            raise ReceiptError(f"the ledger holds no file {name}; run `winnow doctor --repair`")
        return self._attachments[name]

    def attach(self, attachments: Mapping[str, bytes]) -> None:
        self._check()
        self._attachments |= attachments

    def aliases(self) -> dict[str, str]:
        self._check()
        return dict(self._aliases)

    def point(self, alias: str, version: str | None) -> None:
        self._check()
        if version is None:
            self._aliases.pop(alias, None)
            return
        if version not in {each.scorecard.version for each in self._records.values()}:
            raise LedgerError(f"no Scorecard of {version} is recorded; run `winnow run`")
        self._aliases[alias] = version

    def _check(self) -> None:
        if self.fault is not None:
            raise self.fault


class LetterEncoder:
    """An Encoder that counts the letters a to z: texts of the same letters are the same."""

    hash = "letters"
    dimension = 27

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        counts = [[text.casefold().count(chr(97 + at)) for at in range(26)] for text in texts]
        vectors = np.array([[*row, 0.001] for row in counts], dtype=np.float32).reshape(-1, 27)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class LengthJudge:
    """A Judge whose metric `brevity` is 1 over the answer's length; it fails on `fault`."""

    hash = "length"
    metrics = ("brevity",)
    spent = Spent(tokens=30, cost=0.25)

    def __init__(self, fault: str = "!") -> None:
        self._fault = fault

    def judge(self, answers: Sequence[Judged]) -> list[Score]:
        return [self._score(each) for each in answers]

    def _score(self, judged: Judged) -> Score:
        text = judged.answer.text
        if self._fault in text:
            return Score.failed(judged.case.id, "brevity", "the answer shouts")
        return Score.of(judged.case.id, "brevity", 1.0 / len(text) if text else 0.0)


class BagOfWordsEncoder:
    """Unit vectors that count words by hash: texts are close as far as they share words."""

    dimension = 64
    hash = "bag-of-words"

    def encode(
        self,
        texts: Sequence[str],
        progress: str | None = None,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.casefold().split() or [""]:
                vectors[row, int(hash_text(word.strip(".,!?")), 16) % self.dimension] += 1.0
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class UpperCaseReader:
    """Reads UTF-8 text in upper case; raises what `fault` holds, whatever that is."""

    name = "upper-case/1"

    def __init__(self, fault: Exception | None = None) -> None:
        self._fault = fault

    def read(self, content: bytes) -> Reading:
        if self._fault is not None:
            raise self._fault
        return Reading(content.decode("utf-8", "surrogatepass").upper())


_GIGABYTE = 1 << 30
_FAULTS: dict[str, BaseException] = {
    "read": ReadError("it needs a password"),
    "limit": LimitError("the system is out of patience"),
    "runtime": RuntimeError("deep\nin a library, <object at 0x7f12ab>"),
    "recursion": RecursionError(),
    "memory": MemoryError(),
    "exit": SystemExit("a library gives up"),
}


class DirectedReader:
    """Does what the file says, as `hang` or `say some text`, to the process that it runs in.

    A line for each read file is added to `record`, if there is one.
    """

    name = "directed/1"

    def __init__(self, record: Path | None = None) -> None:
        self._record = record

    def read(self, content: bytes) -> Reading:
        order, _, rest = content.decode("utf-8").partition(" ")
        if self._record is not None:
            with self._record.open("a") as file:
                file.write(f"{order} {rest}\n")
        acts: dict[str, Callable[[str], object]] = {
            "say": Reading,
            "recognise": self._recognise,
            "sleep": lambda seconds: time.sleep(float(seconds)),
            "hang": lambda _: re.match(r"(a+)+b", "a" * 60),
            "hoard": self._hoard,
            "gulp": lambda _: bytearray(10 * _GIGABYTE),
            "keep": self._keep,
            "delegate": self._delegate,
            "crash": lambda _: ctypes.string_at(0),
            "signal": lambda number: os.kill(os.getpid(), int(number)),
            "exit": lambda status: os._exit(int(status)),
            "raise": self._raise,
            "shout": self._shout,
            "leave": self._leave,
            "overwrite": lambda path: Path(path).write_text("say something else"),
            "process": lambda _: Reading(f"{os.getpid()}"),
            "environment": lambda name: Reading(os.environ[name]),
            "garble": lambda _: Reading("x", (Page(1, 0, "one"),)),  # type: ignore[arg-type]
            "half": lambda _: Reading("half a character: \ud800"),
            "title": lambda _: Reading("x", headings=(Heading(1, "\udfff", 0, 1),)),
        }
        done = acts[order](rest)
        return done if isinstance(done, Reading) else Reading(f"done: {order}")

    def _recognise(self, confidences: str) -> Reading:
        """Ten characters a page; `-` is a page that has a text layer."""
        each = [None if text == "-" else float(text) for text in confidences.split()]
        spans = [(10 * at, 10 * at + 10, confidence) for at, confidence in enumerate(each)]
        pages = tuple(Page(at, *span) for at, span in enumerate(spans, 1))
        return Reading("".join(chr(97 + at) * 9 + "\n" for at in range(len(each))), pages)

    def _hoard(self, _: str) -> None:
        pages: list[bytearray] = []
        while len(pages) < 10 * _GIGABYTE // (1 << 20):
            pages.append(bytearray(1 << 20))

    def _delegate(self, order: str) -> None:
        """Let a child do it."""
        code = f"from tests.fakes import DirectedReader; DirectedReader().read(b'{order}')"
        subprocess.run([sys.executable, "-c", code], check=True)

    def _keep(self, megabytes: str) -> None:
        self._kept = bytearray(int(megabytes) * 1_000_000)

    def _raise(self, name: str) -> None:
        raise _FAULTS[name]

    def _shout(self, times: str) -> None:
        for _ in range(int(times)):
            sys.stdout.write("a library talks on standard output\n")
            sys.stderr.write("a library talks on standard error\n")

    def _leave(self, record: str) -> None:
        """Start a child that outlives the reading, in a session of its own."""
        # A shell of its own in between, which ends: nobody waits for the child.
        line = f"setsid sleep 3600 >&- 2>&- & echo $! > {record}"
        subprocess.run(["sh", "-c", line], check=True)


def directed_readers(record: Path | None = None) -> Readers:
    """Return DirectedReaders of `.do` and `.also`."""
    kind = MediaType("text/x-directive", DirectedReader(record))
    return {".do": kind, ".also": kind}
