"""Plain text in any encoding."""

from charset_normalizer import from_bytes

from pipeline.errors import ReadError
from pipeline.reader import Reading


class PlainTextReader:
    """Decodes text and keeps it as it is, with every line end made a line feed."""

    name = "plain-text/1"

    def read(self, content: bytes) -> Reading:
        """Return the decoded text."""
        return Reading(decode(content))


def decode(content: bytes) -> str:
    """Decode bytes: UTF-8 where valid, otherwise the encoding that fits best.

    Raises:
        ReadError: no encoding fits, as with binary content.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = from_bytes(content).best()
        if best is None:
            raise ReadError("no text encoding fits its bytes") from None
        text = str(best)
    if "\0" in text:
        raise ReadError("it holds NUL bytes: not a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n")
