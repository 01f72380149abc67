import hashlib
import os
from pathlib import Path

import pytest

from pipeline.digest import hash_of
from pipeline.errors import DataError
from pipeline.ingestion import Ingestion, ingest
from pipeline.params import IngestParams
from pipeline.reader import MediaType, ReaderRegistry, default_readers
from tests.built_version import pdf
from tests.fakes import UpperCaseReader


def _ingest(folder: Path, *exclude: str) -> Ingestion:
    return ingest(folder, IngestParams(exclude=exclude), default_readers())


def _reason(folder: Path, name: str) -> str:
    (folder / "good.txt").write_text("Good text.")
    [file] = [file for file in _ingest(folder).files if file.path == name]
    assert file.status == "quarantined"
    return str(file.reason)


def test_documents_carry_their_provenance(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "é.md").write_bytes("# Pümpe\r\n\r\ntext".encode())
    [document] = _ingest(tmp_path).documents
    assert document.path == "a/é.md"
    assert document.text == "# Pümpe\n\ntext"
    assert document.sha256 == hashlib.sha256("# Pümpe\r\n\r\ntext".encode()).hexdigest()
    assert (document.media_type, document.reader) == ("text/markdown", "markdown/1")
    assert document.id == hash_of(["a/é.md", document.text])
    assert [heading.title for heading in document.headings] == ["Pümpe"]


def test_documents_stand_in_the_order_of_their_paths_as_strings(tmp_path: Path) -> None:
    names = ["a-b/x.txt", "a/y.txt", "a.txt", "Z.txt", "é.txt", "a/b c.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [document.path for document in _ingest(tmp_path).documents] == sorted(names)


def test_equal_text_in_two_files_makes_two_documents(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("the same")
    assert len({document.id for document in _ingest(tmp_path).documents}) == 2


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.md", "it is empty"),
        (b" \n\t ", "a.txt", "it holds no text"),
        (b"<script>x()</script>", "a.html", "it holds no text"),
        (pdf(""), "a.pdf", "it holds no text"),
        (pdf("x", password="secret"), "a.pdf", "it needs a password"),
        (b"PK\3\4", "a.docx", "not readable as DOCX"),
        (b"x", "a.xyz", "no reader for '.xyz'"),
        (b"x", "README", "no reader for 'a name without suffix'"),
    ],
)
def test_a_file_that_cannot_be_read_is_quarantined(
    tmp_path: Path, content: bytes, name: str, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert reason in _reason(tmp_path, name)


def test_a_pipe_is_quarantined_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.md")
    assert "no regular file" in _reason(tmp_path, "x.md")


def test_dead_links_and_links_to_folders_are_quarantined(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "lost.md").write_text("never left out in silence")
    (tmp_path / "raw" / "dead.md").symlink_to(tmp_path / "gone")
    (tmp_path / "raw" / "folder").symlink_to(tmp_path / "other")
    assert "cannot be opened" in _reason(tmp_path / "raw", "dead.md")
    assert "no regular file" in _reason(tmp_path / "raw", "folder")


def test_a_file_that_cannot_be_opened_is_quarantined(tmp_path: Path) -> None:
    (tmp_path / "a.md").symlink_to(tmp_path / "a.md")
    assert "Too many levels" in _reason(tmp_path, "a.md")


def test_a_folder_named_like_a_file_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.md").mkdir()
    (tmp_path / "x.md" / "y.md").write_text("inside")
    ingestion = _ingest(tmp_path)
    assert [document.path for document in ingestion.documents] == ["x.md/y.md"]
    assert ingestion.quarantined == ()


def test_a_name_that_is_no_utf8_is_quarantined(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("x")
    assert "rename it" in _reason(tmp_path, "caf\ufffd.md")


@pytest.mark.parametrize(
    "fault", [RuntimeError("deep\nin a library"), RecursionError(), KeyError("x"), MemoryError()]
)
def test_a_reader_that_breaks_costs_its_file_only(tmp_path: Path, fault: Exception) -> None:
    (tmp_path / "a.bad").write_text("x")
    (tmp_path / "b.up").write_text("fine")
    readers = ReaderRegistry(
        {
            ".bad": MediaType("text/bad", UpperCaseReader(fault)),
            ".up": MediaType("text/upper", UpperCaseReader()),
        }
    )
    ingestion = ingest(tmp_path, IngestParams(exclude=()), readers)
    assert [document.text for document in ingestion.documents] == ["FINE"]
    [file] = ingestion.quarantined
    assert f"upper-case/1 failed: {type(fault).__name__}" in str(file.reason)
    assert "\n" not in str(file.reason)


def test_half_a_character_is_quarantined_as_no_file_can_hold_it(tmp_path: Path) -> None:
    (tmp_path / "a.up").write_bytes("\udce9".encode("utf-8", "surrogatepass"))
    (tmp_path / "b.up").write_text("fine")
    readers = ReaderRegistry({".up": MediaType("text/upper", UpperCaseReader())})
    [file] = ingest(tmp_path, IngestParams(exclude=()), readers).quarantined
    assert "surrogate" in str(file.reason)


def test_excluded_files_are_not_even_reported(tmp_path: Path) -> None:
    for name in ("a.md", "b.tmp", "drafts/c.md", "drafts/deep/d.md", ".DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    ingestion = _ingest(tmp_path, "*.tmp", "drafts/*", ".DS_Store")
    assert [file.path for file in ingestion.files] == ["a.md"]


def test_the_report_counts_and_names_every_file(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("One.", "Two."))
    (tmp_path / "b.md").write_text("")
    report = _ingest(tmp_path).report()
    assert report == {
        "read": 1,
        "quarantined": 1,
        "characters": 10,
        "files": [
            {
                "path": "a.pdf",
                "status": "read",
                "characters": 10,
                "pages": 2,
                "reader": "pdfium/1",
                "reason": None,
            },
            {
                "path": "b.md",
                "status": "quarantined",
                "characters": 0,
                "pages": 0,
                "reader": None,
                "reason": "it is empty",
            },
        ],
    }


def test_nothing_readable_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone does not exist; put documents there"):
        _ingest(tmp_path / "gone")
    with pytest.raises(DataError, match="it is empty.*put readable documents there"):
        _ingest(tmp_path)
    (tmp_path / "a.md").write_text("")
    with pytest.raises(DataError, match=r"a\.md: it is empty"):
        _ingest(tmp_path)
