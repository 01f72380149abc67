"""A draft tells its place in the chain, who acts, and the SHA-256 of every file."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.receipt_draft import draft_receipt
from app.workspace import Workspace
from eval.ledger import Link
from tests.made_receipt import MEASURED
from tests.scorecard_folder import ONE, TWO

TOLD: dict[str, Any] = {
    "kind": "promotion",
    "grounds": "passed",
    "reason": None,
    "verdict": None,
    "measured": MEASURED,
    "remote": None,
    "outputs": {},
}


def test_it_follows_the_chain_that_was_read(tmp_path: Path) -> None:
    place, environ = Workspace(tmp_path), {"WINNOW_USER": "Ada", "PATH": "/usr/bin:/bin"}
    (tmp_path / "b").write_bytes(b"two")
    first = draft_receipt(place, (), ONE, {"a/b": tmp_path / "b"}, environ, **TOLD)
    assert (first.number, first.previous, first.from_, first.to) == (1, None, None, ONE)
    assert (first.who, first.revision, first.dirty) == ("Ada", "unknown", "unknown")
    assert first.files == {"a/b": hashlib.sha256(b"two").hexdigest()}
    when = datetime.strptime(first.when, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) <= datetime.now(UTC) - when < timedelta(minutes=1)
    second = draft_receipt(place, (Link(first.hash, ONE),), TWO, {}, environ, **TOLD)
    assert (second.number, second.previous, second.from_) == (2, first.hash, ONE)
