import pytest

from pipeline.documents.reader import MediaType, read_content
from pipeline.documents.readers.formats import default_readers
from pipeline.errors import ReadError
from tests.fakes import UpperCaseReader
from tests.support.corpus import INGEST, OCR
from tests.support.files import word

READERS = default_readers(INGEST, OCR)


@pytest.mark.parametrize("suffix", [".xyz", ""])
def test_an_unknown_kind_lists_the_known_ones(suffix: str) -> None:
    with pytest.raises(ReadError, match=r"no reader for .*\.docx .*\.md .*\.pdf"):
        read_content(READERS, suffix, b"x")


@pytest.mark.parametrize(("suffix", "fix"), [(".doc", ".docx"), (".xls", ".xlsx")])
def test_a_format_of_old_names_the_one_to_save_as(suffix: str, fix: str) -> None:
    with pytest.raises(ReadError, match=f"save it as {fix}"):
        read_content(READERS, suffix, b"x")


def test_readers_of_ones_own_can_be_given() -> None:
    readers = {".up": MediaType("text/upper", UpperCaseReader())}
    media_type, reading = read_content(readers, ".up", b"x")
    assert (media_type.name, reading.text) == ("text/upper", "X")


def test_bytes_that_are_not_what_the_name_says_are_refused() -> None:
    with pytest.raises(ReadError, match=r"it says \.pptx but holds a Word document"):
        read_content(READERS, ".pptx", word("a"))
