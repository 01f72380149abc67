from pathlib import PurePosixPath

import pytest

from pipeline.documents.reader import MediaType, ReaderRegistry
from pipeline.documents.readers.formats import default_readers
from pipeline.errors import ReadError
from tests.fakes import UpperCaseReader
from tests.support.corpus import INGEST, OCR
from tests.support.files import word


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.md", "text/markdown"),
        ("a/b.HTML", "text/html"),
        ("a.tar.PDF", "application/pdf"),
        ("a.log", "text/plain"),
        (".hidden.txt", "text/plain"),
        ("a.tsv", "text/tab-separated-values"),
        ("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ],
)
def test_a_suffix_chooses_the_kind(name: str, media_type: str) -> None:
    assert default_readers(INGEST, OCR).media_type(PurePosixPath(name)).name == media_type


@pytest.mark.parametrize("name", ["a.xyz", "README", ".md"])
def test_an_unknown_kind_lists_the_known_ones(name: str) -> None:
    with pytest.raises(ReadError, match=r"no reader for .*\.docx .*\.md .*\.pdf"):
        default_readers(INGEST, OCR).media_type(PurePosixPath(name))


@pytest.mark.parametrize(("name", "fix"), [("a.DOC", ".docx"), ("a.xls", ".xlsx")])
def test_a_format_of_old_names_the_one_to_save_as(name: str, fix: str) -> None:
    with pytest.raises(ReadError, match=f"save it as {fix}"):
        default_readers(INGEST, OCR).media_type(PurePosixPath(name))


def test_readers_of_ones_own_can_be_registered() -> None:
    registry = ReaderRegistry({".up": MediaType("text/upper", UpperCaseReader())})
    media_type, reading = registry.read(PurePosixPath("a.up"), b"x")
    assert (media_type.name, reading.text) == ("text/upper", "X")


def test_bytes_that_are_not_what_the_name_says_are_refused() -> None:
    with pytest.raises(ReadError, match=r"it says \.pptx but holds a Word document"):
        default_readers(INGEST, OCR).read(PurePosixPath("a.pptx"), word("a"))
