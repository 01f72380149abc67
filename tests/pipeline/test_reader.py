from pathlib import PurePosixPath

import pytest

from pipeline.errors import ReadError
from pipeline.reader import MediaType, ReaderRegistry, default_readers
from tests.fakes import UpperCaseReader


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.md", "text/markdown"),
        ("a/b.HTML", "text/html"),
        ("a.tar.PDF", "application/pdf"),
        ("a.log", "text/plain"),
        (".hidden.txt", "text/plain"),
    ],
)
def test_a_suffix_chooses_the_kind(name: str, media_type: str) -> None:
    assert default_readers().media_type(PurePosixPath(name)).name == media_type


@pytest.mark.parametrize("name", ["a.xyz", "README", ".md"])
def test_an_unknown_kind_lists_the_known_ones(name: str) -> None:
    with pytest.raises(ReadError, match=r"no reader for .*\.docx .*\.md .*\.pdf"):
        default_readers().media_type(PurePosixPath(name))


def test_readers_of_ones_own_can_be_registered() -> None:
    registry = ReaderRegistry({".up": MediaType("text/upper", UpperCaseReader())})
    assert registry.media_type(PurePosixPath("a.up")).reader.read(b"x").text == "X"
