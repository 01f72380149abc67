"""Plain text in any encoding."""

import re

from charset_normalizer import from_bytes

from pipeline.errors import ReadError
from pipeline.reading import Reading

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_FEW = 32
_SPARSE = 0.2


class PlainTextReader:
    """Decodes text and keeps it as it is, with every line end made a line feed."""

    name = "plain-text/1"

    def read(self, content: bytes) -> Reading:
        """Return the decoded text."""
        return Reading(decode(content))


def decode(content: bytes) -> str:
    """Decode bytes: UTF-8 where valid, otherwise the encoding that fits best.

    A detector guesses wildly from a few letters, so text with only some beyond ASCII is taken
    as Windows-1252, by far the most frequent such encoding.

    Raises:
        ReadError: no encoding fits, as with binary content.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decode_western(content) or _decode_detected(content)
    if "\0" in text:
        raise ReadError("it holds NUL bytes: not a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode_western(content: bytes) -> str | None:
    beyond = len(_BEYOND_ASCII.findall(content))
    if b"\0" in content or beyond >= min(_FEW, _SPARSE * len(content)):
        return None
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return None


def _decode_detected(content: bytes) -> str:
    best = from_bytes(content).best()
    if best is None:
        raise ReadError("no text encoding fits its bytes; save it as UTF-8")
    return str(best)
