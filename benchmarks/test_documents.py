"""Reading real folders: how much of the expected text is found, and how fast.

    make retrieval

Skips where the data are absent, which lie outside the repository; prints what it measured.
"""

import json
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.test_published import data, report, winnow
from pipeline.documents.document_table import DOCUMENT_ROWS

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]
FLOORS = {"docx": 0.9, "pptx": 0.9, "html": 0.9, "xlsx": 0.9, "csv": 0.9, "pdf": 0.9}
"""Word recall (micro) that a format reaches at least."""
ROTATED = [f"docs_mixed/docling/ocr/ocr_test{turn}.pdf" for turn in ("", *(
    f"_rotated_{degrees}" for degrees in (90, 180, 270)
))]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ingested:
    """One `winnow run --only ingest`: the report, the text by path, and the seconds it took."""

    folder: Path
    place: Path
    said: str
    seconds: float

    @property
    def report(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.place / "data/ingest.json").read_text("utf-8"))
        return content

    @property
    def texts(self) -> dict[str, str]:
        found = DOCUMENT_ROWS.read(self.place / "data/documents/documents.parquet")
        return {each.path: each.text for each in found}


def ingest(folder: Path, place: Path, readers: int) -> Ingested:
    said, seconds = winnow(
        "run", "--raw", str(folder), "--workspace", str(place), "--only", "ingest",
        WINNOW_READERS=str(readers),
    )  # fmt: skip
    return Ingested(folder, place, said, seconds)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of both collections in one folder; links to them would be quarantined."""
    home = tmp_path_factory.mktemp("documents")
    for name, source in (("docs_mixed", data("docs_mixed")), ("aragog", data("aragog"))):
        subprocess.run(["cp", "--recursive", "--no-preserve=mode", source, home / name], check=True)
    return home


@pytest.fixture(scope="module")
def two(both: Path, tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    return ingest(both, tmp_path_factory.mktemp("two"), readers=2)


def test_every_file_is_accounted_for(two: Ingested) -> None:
    there = [path.relative_to(two.folder).as_posix() for path in two.folder.rglob("*")]
    files = {row["path"]: row for row in two.report["files"]}
    assert sorted(files) == sorted(path for path in there if (two.folder / path).is_file())
    assert all(row["reason"] for row in files.values() if row["status"] == "quarantined")
    assert two.report["read"] > 0.85 * len(files)
    assert not any(row["limit"] for row in files.values())


def test_turned_scans_give_the_same_words(two: Ingested) -> None:
    words = [Counter(re.findall(r"\w+", two.texts[path].casefold())) for path in ROTATED]
    assert words[0].total() == 15
    assert words == words[:1] * 4


def test_two_readers_give_what_one_gives_sooner(
    two: Ingested, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = ingest(two.folder, tmp_path / "one", readers=1)
    assert one.report == two.report
    assert one.texts == two.texts
    again = ingest(two.folder, two.place, readers=2)
    report(
        capsys,
        f"docs_mixed and aragog: {one.seconds:.1f} s with one reader, {two.seconds:.1f} s with "
        f"two, {one.seconds / two.seconds:.2f} times as fast; {again.seconds:.1f} s unchanged\n"
        f"{two.said}",
    )


def test_words_that_another_converter_found_are_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Against regression outputs of converters, which are no human truth."""
    expected = str(data("docs_expected"))
    output, _ = winnow("benchmark", "documents", str(data("docs_mixed")), "--expected", expected)
    report(capsys, output)
    rows = {line.split()[0]: line.split()[1:] for line in output.splitlines() if line.strip()}
    found = {name: float(rows[name][6]) for name in FLOORS}
    assert {name: recall for name, recall in found.items() if recall < FLOORS[name]} == {}
