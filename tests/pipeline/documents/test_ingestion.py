"""Ingest with real worker processes: each file says what it makes its reader do."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.documents.report import FileReport
from pipeline.documents.worker import MachineLimits
from pipeline.errors import DataError
from pipeline.files import hash_file, hash_of
from tests.support.corpus import ingest_orders, reads, write_orders


def test_documents_carry_their_provenance(tmp_path: Path) -> None:
    [document], _ = ingest_orders(tmp_path, {"a/é.do": "say Fine."})
    assert (document.path, document.text) == ("a/é.do", "Fine.")
    assert document.sha256 == hashlib.sha256(b"say Fine.").hexdigest()
    assert (document.media_type, document.reader) == ("text/x-directive", "directed/1")
    assert document.id == hash_of(["a/é.do", "Fine."])


def test_documents_and_reports_stand_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Whatever their size, and whoever is done first."""
    names = ["a-b/x.do", "a/y.do", "a.do", "Z.do", "é.do", "a/b c.do", "none.xyz"]
    documents, report = ingest_orders(
        tmp_path, {name: f"say {name} {'.' * at}" for at, name in enumerate(names)}
    )
    assert [file.path for file in report.files] == sorted(names)
    assert [each.path for each in documents] == sorted(set(names) - {"none.xyz"})


def test_one_worker_and_two_write_the_same_bytes(tmp_path: Path) -> None:
    orders = {f"{at}.do": f"say {'word ' * (at * 37 % 11)}{at}" for at in range(12)}
    orders |= {"crash.do": "crash", "same.do": orders["3.do"], "scan.do": "recognise 0.9 - 0.3"}
    written = []
    for workers in (1, 2):
        place = tmp_path / str(workers)
        documents, report = ingest_orders(place, orders, MachineLimits(workers))
        DOCUMENT_ROWS.write(place / "documents.parquet", documents)
        written.append((hash_file(place / "documents.parquet"), report.to_json()))
    assert written[0] == written[1]


def test_the_report_says_what_became_of_every_file(tmp_path: Path) -> None:
    orders = {
        "a\nb.do": "say Named over two lines.",
        "again.do": "say Named over two lines.",
        "bad.do": "raise read",
        "blank.do": "say \n\n",
        "empty.do": "",
        "large.do": "say " + "x" * 1_000_001,
        "scan.do": "recognise 0.9 - 0.3",
        "left out.tmp": "raise read",
        "drafts/deep/left out.do": "raise read",
    }
    _, ingested = ingest_orders(tmp_path, orders)
    report = ingested.to_json()
    kind = {"media_type": "text/x-directive", "reader": "directed/1"}
    expected = [
        FileReport("a\\nb.do", "read", **kind, bytes=25, characters=21),
        FileReport("again.do", "duplicate", **kind, bytes=25, same_as="a\\nb.do"),
        FileReport("bad.do", "quarantined", bytes=10, reason="it needs a password"),
        FileReport("blank.do", "quarantined", **kind, bytes=6, reason="it holds no text"),
        FileReport("empty.do", "quarantined", reason="it is empty"),
        FileReport(
            "large.do",
            "quarantined",
            bytes=1_000_005,
            reason="it has 1 MB, more than the 1 MB of `ingest.max_megabytes`",
        ),
    ]
    rows = json.loads(json.dumps(report["files"]))
    assert [FileReport(**{**row, "low_confidence": ()}) for row in rows[:-1]] == expected
    assert (rows[-1]["path"], rows[-1]["pages"], rows[-1]["ocr_pages"]) == ("scan.do", 3, 2)
    assert rows[-1]["low_confidence"] == [3]
    totals = {key: value for key, value in report.items() if key != "files"}
    assert totals == {
        "read": 2,
        "duplicates": 1,
        "quarantined": 4,
        "pages": 3,
        "ocr_pages": 2,
        "low_confidence": 1,
        "characters": 21 + rows[-1]["characters"],
        "near_duplicates": [],
    }


def test_confidence_is_the_mean_over_recognised_characters(tmp_path: Path) -> None:
    orders = {"scan.do": "recognise 0.9 - 0.3", "text.do": "say text"}
    (scan, text), _ = ingest_orders(tmp_path, orders)
    lengths = [page.end - page.start for page in scan.pages]
    mean = (0.9 * lengths[0] + 0.3 * lengths[2]) / (lengths[0] + lengths[2])
    assert scan.ocr_confidence == pytest.approx(mean, abs=0.0001)
    assert 0.5 < mean < 0.7
    assert text.ocr_confidence is None


def test_duplicates_are_read_once_and_remembered(tmp_path: Path) -> None:
    orders = {"b.do": "say same", "a.do": "say same", "c/d.do": "say same", "e.also": "say same"}
    documents, _ = ingest_orders(tmp_path, orders)
    assert [(each.path, each.aliases) for each in documents] == [
        ("a.do", ("b.do", "c/d.do")),
        ("e.also", ()),
    ]
    assert reads(tmp_path) == ["say same"] * 2


def test_duplicates_of_a_file_in_quarantine_are_there_too(tmp_path: Path) -> None:
    orders = {"a.do": "crash", "b.do": "crash", "good.do": "say hi"}
    _, report = ingest_orders(tmp_path, orders)
    reasons = {file.path: file.reason for file in report.of("quarantined")}
    assert reasons == dict.fromkeys(["a.do", "b.do"], "its reader crashed: signal 11")
    assert reads(tmp_path) == ["crash ", "say hi"]


def test_near_duplicates_are_reported(tmp_path: Path) -> None:
    words = " ".join(f"word{at}" for at in range(300))
    _, report = ingest_orders(tmp_path, {"a.do": f"say {words}", "b.do": f"say {words} more"})
    [pair] = report.to_json()["near_duplicates"]
    assert (pair["first"], pair["second"]) == ("a.do", "b.do")
    assert 0.9 < pair["similarity"] < 1.0


@pytest.mark.thorough
def test_a_limit_of_this_machine_fails_ingest_and_keeps_the_rest(tmp_path: Path) -> None:
    orders = {"a.do": "sleep 3600", "b.do": "hoard", "c.do": "say text"}
    limits = MachineLimits(2, seconds=2.0, megabytes=300)
    with pytest.raises(DataError) as raised:
        ingest_orders(tmp_path, orders, limits)
    message = str(raised.value)
    assert "a.do: it took longer than 2 s to read; raise WINNOW_READ_SECONDS" in message
    assert "b.do: it took more than 300 MB to read; raise WINNOW_READ_MEGABYTES" in message
    assert "move the file away, or set WINNOW_ALLOW_UNREAD=1" in message
    assert "c.do" not in message
    assert len(reads(tmp_path)) == 3
    allowed = MachineLimits(2, seconds=2.0, megabytes=300, allow_unread=True)
    documents, report = ingest_orders(tmp_path, orders, allowed)
    assert reads(tmp_path) == ["hoard ", "sleep 3600"]
    assert [each.path for each in documents] == ["c.do"]
    assert [file.limit for file in report.files] == [True, True, False]


def test_a_file_that_changes_meanwhile_fails_ingest(tmp_path: Path) -> None:
    orders = {"a.do": f"overwrite {tmp_path / 'raw' / 'b.do'}", "b.do": "say this"}
    with pytest.raises(DataError, match=r"b\.do: it changed while it was read; run again"):
        ingest_orders(tmp_path, orders, MachineLimits(1, allow_unread=True))
    documents, _ = ingest_orders(tmp_path, {})
    assert documents[1].text == "something else"


def test_what_cannot_be_a_document_is_quarantined_unopened(tmp_path: Path) -> None:
    raw = write_orders(tmp_path, {"good.do": "say hi"})
    os.mkfifo(raw / "pipe.do")
    (raw / "dangling.do").symlink_to("gone.do")
    (raw / os.fsdecode(b"caf\xe9.do")).write_text("say hi")
    _, report = ingest_orders(tmp_path, {})
    reasons = {file.path: str(file.reason) for file in report.of("quarantined")}
    assert sorted(reasons) == ["caf\ufffd.do", "dangling.do", "pipe.do"]
    assert "rename it" in reasons["caf\ufffd.do"]
    assert "leads nowhere" in reasons["dangling.do"]
    assert "no regular file" in reasons["pipe.do"]


def test_seconds_stand_apart_from_the_report(tmp_path: Path) -> None:
    _, report = ingest_orders(tmp_path, {"a.do": "sleep 0.2", "b.do": "say hi"})
    assert "seconds" not in json.dumps(report.to_json())
    timings = report.times()
    assert timings["workers"] == 2
    assert timings["files"]["a.do"]["seconds"] >= 0.2
    assert timings["seconds"] >= timings["files"]["a.do"]["seconds"]


def test_the_summary_is_one_line_of_totals(tmp_path: Path) -> None:
    orders = {"a.do": "say 12345", "b.do": "say 12345", "c.do": "crash"}
    _, report = ingest_orders(tmp_path, orders)
    assert report.summary == (
        "1 read, 1 duplicates, 1 quarantined, 0 pages, 0 recognised from images, 5 characters"
    )


def test_nothing_readable_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"raw does not exist; put documents there"):
        ingest_orders(tmp_path, {})
    (tmp_path / "raw").mkdir()
    with pytest.raises(DataError, match="it is empty.*put readable documents there"):
        ingest_orders(tmp_path, {})
    with pytest.raises(DataError, match=r"a\.do: it is empty"):
        ingest_orders(tmp_path, {"a.do": ""})
