import io
import struct
import tracemalloc
import zipfile

import pytest

from pipeline import container
from pipeline.errors import ReadError
from tests.office_file import book, open_text, picture, slides, unzipped, word, workbook, zipped

_LAUGHS = '<!DOCTYPE a [<!ENTITY lol "lol"><!ENTITY b "&lol;&lol;">]><a>&b;</a>'


def _encrypted(content: bytes) -> bytes:
    """Return the zip with the flag that says its members are encrypted."""
    changed = bytearray(content)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = content.find(signature)
        while position >= 0:
            changed[position + offset] |= 1
            position = content.find(signature, position + 1)
    return bytes(changed)


def _lying(megabytes: int, stated: int) -> bytes:
    """Return a zip whose directory and header state fewer bytes than a member unpacks to."""
    content = bytearray(zipped({"word/document.xml": b"\0" * (megabytes * 1_000_000)}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        directory = archive.start_dir
    struct.pack_into("<I", content, directory + 24, stated)
    struct.pack_into("<I", content, 22, stated)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (word("a"), container.WORD),
        (workbook({"a": []}), container.WORKBOOK),
        (slides("a"), container.SLIDES),
        (open_text(""), container.OPEN_TEXT),
        (book("<p/>"), container.BOOK),
        (zipped({"a.txt": "a"}), container.ARCHIVE),
        (zipped({"mimetype": "application/x-other"}), container.ARCHIVE),
    ],
)
def test_a_container_is_what_its_parts_say(content: bytes, kind: str) -> None:
    assert container.kind_of(content) == kind


def test_parts_stay_as_they_are_and_pictures_are_emptied() -> None:
    parts = {"a.xml": b"<a/>", "data.bin": b"\1\2", "media/x.PNG": picture(), "v.svg": b"<svg>"}
    result = unzipped(container.repacked(zipped(parts), megabytes=1))
    assert list(result) == list(parts)
    assert (result["a.xml"], result["data.bin"]) == (b"<a/>", b"\1\2")
    assert len(result["media/x.PNG"]) < 20
    assert result["v.svg"].startswith(b"<svg")


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped({f"word/{number}.xml": b"\0" * 1_000_000 for number in range(4)})
    assert len(bomb) < 10_000
    assert container.repacked(bomb, megabytes=4)
    with pytest.raises(ReadError, match=r"unpacks to 4 MB, more than the 3 MB"):
        container.repacked(bomb, megabytes=3)


def test_a_directory_that_states_too_little_unpacks_no_more_than_stated() -> None:
    bomb = _lying(megabytes=100, stated=1000)
    tracemalloc.start()
    try:
        with pytest.raises(ReadError, match="damaged"):
            container.repacked(bomb, megabytes=1)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(ReadError, match="more than 10,000 parts"):
        container.kind_of(zipped({str(number): b"" for number in range(10_001)}))


def test_zips_inside_are_not_unpacked() -> None:
    inner = zipped({"bomb": b"\0" * 5_000_000})
    result = container.repacked(zipped({"word/embeddings/a.zip": inner}), megabytes=1)
    assert unzipped(result)["word/embeddings/a.zip"] == inner


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_xml_entities_are_refused_in_any_encoding(encoding: str) -> None:
    with pytest.raises(ReadError, match="declares XML entities"):
        container.repacked(zipped({"word/document.xml": _LAUGHS.encode(encoding)}), megabytes=1)


def test_the_word_entity_in_text_or_data_is_no_declaration() -> None:
    parts = {"a.xml": b"<a>&lt;!ENTITY b></a>", "b.bin": b"\1<!ENTITY"}
    assert unzipped(container.repacked(zipped(parts), megabytes=1)) == parts


@pytest.mark.parametrize(
    "content",
    [
        _encrypted(word("a")),
        open_text("a", manifest="<manifest:encryption-data/>"),
    ],
)
def test_a_password_is_named_as_the_reason(content: bytes) -> None:
    with pytest.raises(ReadError, match="needs a password"):
        container.repacked(content, megabytes=1)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", word("a")[:-400], word("a")[:3000]])
def test_a_damaged_container_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="damaged"):
        container.repacked(content, megabytes=1)


def test_packing_that_cannot_be_bounded_is_refused() -> None:
    with pytest.raises(ReadError, match="save it again"):
        container.repacked(zipped({"a": b"a"}, zipfile.ZIP_LZMA), megabytes=1)
