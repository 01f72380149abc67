"""File signature: what a file is by its bytes, against what its name says; zips safely repacked."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from pipeline.errors import ReadError

TEXT = "text"
IMAGE = "an image"
PDF = "a PDF"
MESSAGE = "an Outlook message"
WORD = "a Word document"
WORKBOOK = "an Excel workbook"
SLIDES = "a PowerPoint presentation"
OPEN_TEXT = "an OpenDocument text"
OPEN_SHEET = "an OpenDocument spreadsheet"
OPEN_SLIDES = "an OpenDocument presentation"
BOOK = "an EPUB book"
ARCHIVE = "a zip archive"

Mend = Callable[[str, bytes], bytes]
"""Takes a part's name and bytes, and returns the bytes that stand in for it."""

_FOLDERS = {"word/": WORD, "ppt/": SLIDES, "xl/": WORKBOOK}
_MIMETYPES = {
    b"application/vnd.oasis.opendocument.text": OPEN_TEXT,
    b"application/vnd.oasis.opendocument.text-template": OPEN_TEXT,
    b"application/vnd.oasis.opendocument.spreadsheet": OPEN_SHEET,
    b"application/vnd.oasis.opendocument.spreadsheet-template": OPEN_SHEET,
    b"application/vnd.oasis.opendocument.presentation": OPEN_SLIDES,
    b"application/vnd.oasis.opendocument.presentation-template": OPEN_SLIDES,
    b"application/epub+zip": BOOK,
}
_MEMBERS = 10_000
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1
_MEGABYTE = 1_000_000
_MIMETYPE_BYTES = 200
_PICTURES = frozenset(
    {".bmp", ".emf", ".emz", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pcx", ".pict", ".png"}
    | {".svg", ".tif", ".tiff", ".wdp", ".webp", ".wmf", ".wmz"}
)
# The smallest picture that Pillow decodes: one pixel as a portable grey map.
_PIXEL = b"P5 1 1 255 \xff"
_NO_DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
_HTML = "HTML"
_UNKNOWN = "data of no known kind"
_HEAD = 8192
_PDF_HEAD = 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "an Office file with a password"
# An OLE file names its streams in UTF-16; the first that is found says what it is.
_STREAMS = {
    "EncryptedPackage": _LOCKED,
    "__substg1.0_": MESSAGE,
    "WordDocument": "a Word document of 1997 to 2003; save it as .docx",
    "PowerPoint Document": "a PowerPoint presentation of 1997 to 2003; save it as .pptx",
    "Workbook": "an Excel workbook of 1997 to 2003; save it as .xlsx",
}
# Text has none of these characters, save in UTF-16 and UTF-32.
_BINARY = bytes({*range(9), *range(14, 27), *range(28, 32)})
_PAGE = re.compile(rb"\s*(?:<!doctype html|<html)", re.IGNORECASE)
_BEFORE_MARKUP = b"\xef\xbb\xbf\xff\xfe \t\r\n"


def check_signature(suffix: str, content: bytes, expected: str) -> None:
    """Refuse content that is not what the suffix of its name says.

    `expected` is TEXT, IMAGE, PDF, MESSAGE, or a kind of container.

    Raises:
        ReadError: it is something else, is empty, or needs a password.
    """
    if not content:
        raise ReadError("it is empty")
    found = identify(content)
    if found == _LOCKED:
        raise ReadError("it needs a password")
    # Text in UTF-16 looks like data; whether an encoding fits, decoding tells.
    alike = {TEXT: {TEXT, _HTML, _UNKNOWN}}.get(expected, {expected})
    if found not in alike and not (expected == IMAGE and found.endswith(" image")):
        raise ReadError(f"it says {suffix} but holds {found}")


def identify(content: bytes) -> str:
    """Return in words what a file is by its bytes; TEXT where nothing speaks against it.

    Raises:
        ReadError: it is a damaged zip container.
    """
    if content.startswith(b"PK\x03\x04"):
        return kind_of(content)
    if content.startswith(_OLE):
        streams = ((name.encode("utf-16-le"), kind) for name, kind in _STREAMS.items())
        return next((kind for name, kind in streams if name in content), _UNKNOWN)
    head = content[:_HEAD]
    binary = len(head.translate(None, _BINARY)) < len(head)
    # Some programs put bytes of their own before a PDF, which its readers pass over.
    if content.startswith(b"%PDF-") or (binary and b"%PDF-" in content[:_PDF_HEAD]):
        return PDF
    if binary or content.startswith(b"{\\rtf"):
        return _by_first_bytes(content)
    return _HTML if _PAGE.match(content) else TEXT


def kind_of(content: bytes) -> str:
    """Return what a zip-based file is, by the names of its parts, in words.

    Raises:
        ReadError: it is damaged, or has more parts than any document.
    """
    with _opened(content) as archive:
        names = archive.namelist()
        if "[Content_Types].xml" in names:
            found = (
                kind
                for folder, kind in _FOLDERS.items()
                for name in names
                if name[:5].startswith(folder)
            )
            return next(found, ARCHIVE)
        if "mimetype" in names:
            with archive.open("mimetype") as part:
                return _MIMETYPES.get(part.read(_MIMETYPE_BYTES).strip(), ARCHIVE)
        return BOOK if "META-INF/container.xml" in names else ARCHIVE


def repacked(content: bytes, megabytes: int, mend: Mend | None = None) -> bytes:
    """Return a zip-based file that holds the same parts, each checked, its pictures emptied.

    Pictures hold no text that is read here, and each would be decoded and encoded again. Zips
    inside it are not unpacked. `megabytes` bounds what all parts unpack to.

    Raises:
        ReadError: it is damaged, needs a password, unpacks to more, or declares XML entities.
    """
    target = io.BytesIO()
    with _opened(content) as archive, zipfile.ZipFile(target, "w") as result:
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        _check_members(archive.infolist(), megabytes)
        for name, info in members.items():
            result.writestr(name, _part(archive, info, mend))
    return target.getvalue()


def _by_first_bytes(content: bytes) -> str:
    """Name binary content; asked of text, a library would take BM and MZ for a signature."""
    import filetype

    found = filetype.guess(content[:_HEAD])
    if found is None:
        return _UNKNOWN
    kind = "image" if found.mime.startswith("image/") else "file"
    return f"a {found.extension.upper()} {kind}"


@contextmanager
def _opened(content: bytes) -> Iterator[zipfile.ZipFile]:
    # Counted first: reading a directory of millions takes gigabytes.
    if content.count(_DIRECTORY_ENTRY) > _MEMBERS:
        raise ReadError(f"it holds more than {_MEMBERS:,} parts, far more than a document")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        raise ReadError("it is damaged: its zip container cannot be unpacked") from None


def _check_members(members: list[zipfile.ZipInfo], megabytes: int) -> None:
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise ReadError("it needs a password")
    size = sum(member.file_size for member in members)
    if size > megabytes * _MEGABYTE:
        raise ReadError(
            f"it unpacks to {size // _MEGABYTE:,} MB, more than the {megabytes:,} MB"
            " of `ingest.max_unpacked_megabytes`"
        )
    if any(
        member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for member in members
    ):
        raise ReadError("it is packed in a way that documents never are; save it again")


def _part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, mend: Mend | None) -> bytes:
    suffix = PurePosixPath(info.filename).suffix.lower()
    if suffix in _PICTURES:
        return _NO_DRAWING if suffix == ".svg" else _PIXEL
    with archive.open(info) as part:
        # Without a size, zipfile inflates a part whole before it looks at the stated size.
        content = part.read(info.file_size)
    plain = content.replace(b"\0", b"")
    if b"<!ENTITY" in plain and plain.lstrip(_BEFORE_MARKUP).startswith(b"<"):
        raise ReadError("it declares XML entities, which can swell or name other files")
    if info.filename == "META-INF/manifest.xml" and b"encryption-data" in plain:
        raise ReadError("it needs a password")
    return mend(info.filename, content) if mend else content
