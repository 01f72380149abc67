"""File signature: what a file is by its bytes, against what its name says."""

import re
from pathlib import PurePosixPath

from pipeline import container
from pipeline.errors import ReadError

TEXT = "text"
IMAGE = "an image"
PDF = "a PDF"
MESSAGE = "an Outlook message"

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


def check_signature(path: PurePosixPath, content: bytes, expected: str) -> None:
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
        raise ReadError(f"it says {path.suffix.lower()} but holds {found}")


def identify(content: bytes) -> str:
    """Return in words what a file is by its bytes; TEXT where nothing speaks against it.

    Raises:
        ReadError: it is a damaged zip container.
    """
    if content.startswith(b"PK\x03\x04"):
        return container.kind_of(content)
    if content.startswith(_OLE):
        streams = ((name.encode("utf-16-le"), kind) for name, kind in _STREAMS.items())
        return next((kind for name, kind in streams if name in content), _UNKNOWN)
    binary = _is_binary(content)
    # Some programs put bytes of their own before a PDF, which its readers pass over.
    if content.startswith(b"%PDF-") or (binary and b"%PDF-" in content[:_PDF_HEAD]):
        return PDF
    if binary or content.startswith(b"{\\rtf"):
        return _by_first_bytes(content)
    return _HTML if _PAGE.match(content) else TEXT


def _by_first_bytes(content: bytes) -> str:
    """Name binary content; asked of text, a library would take BM and MZ for a signature."""
    import filetype

    found = filetype.guess(content[:_HEAD])
    if found is None:
        return _UNKNOWN
    kind = "image" if found.mime.startswith("image/") else "file"
    return f"a {found.extension.upper()} {kind}"


def _is_binary(content: bytes) -> bool:
    head = content[:_HEAD]
    return len(head.translate(None, _BINARY)) < len(head)
