"""Each scored Version with its aliases, its promotions, and whether it is at hand."""

from pathlib import Path

import pytest

from app.version_rows import version_rows
from pipeline.version_store import VersionStore
from tests.fakes import MemoryLedger
from tests.made_receipt import a_receipt, append
from tests.stored_version import StoredVersions


@pytest.fixture
def stored(tmp_path: Path) -> StoredVersions:
    return StoredVersions(tmp_path / "workspace")


def test_a_row_tells_what_a_version_is_and_was(stored: StoredVersions) -> None:
    cache = stored.place.cache
    first, second, tried = (stored.version(name) for name in ("first", "second", "tried"))
    ledger = MemoryLedger()
    for version in (first, second, tried):
        ledger.add(version.record)
    start = append(ledger, a_receipt(first.id))
    there = append(ledger, a_receipt(second.id, start))
    append(ledger, a_receipt(first.id, there, kind="rollback", grounds="rollback"))
    ledger.point("champion", first.id)
    ledger.point("challenger", tried.id)
    stored.object(second.id).unlink()
    next(iter(VersionStore(cache).files(tried.id).values())).unlink()
    rows = {row["version"]: row for row in version_rows(ledger.records(), ledger, cache)}
    names = ("champion", "aliases", "promoted", "at_hand")
    found = {version: [row[name] for name in names] for version, row in rows.items()}
    assert found == {
        first.id: [True, ["champion"], [1, 3], True],
        second.id: [False, [], [2], False],
        tried.id: [False, ["challenger"], [], False],
    }
    assert rows[first.id]["metrics"]["context_recall"]["mean"] == 0.75
    assert set(rows[first.id]["by_tag"]) == {"french", "exact"}
    assert rows[first.id]["tags"] == {}


def test_nothing_recorded_is_no_row(stored: StoredVersions) -> None:
    assert version_rows([], MemoryLedger(), stored.place.cache) == []
