"""The characters of a PDF page as PDFium gives them, with where and how they are drawn."""

import ctypes
import math
import re
from dataclasses import dataclass
from typing import Any

from pipeline.reading_order import Box

HYPHEN = "\ufffe"
"""Stands for a hyphen at a line's end, where PDFium joins the line to the next."""

_BOLD = re.compile(r"bold|black|heavy|medi\b|BX\d|bd$", re.IGNORECASE)
_BOLD_WEIGHT = 600
_NAME_BYTES = 128
_CONTROLS = dict.fromkeys((*range(1, 9), *range(11, 32), *range(127, 160)), "\ufffd")
_UNNAMED = {0: None, 9: " ", ord(HYPHEN): "-", **_CONTROLS}


@dataclass(frozen=True, slots=True)
class Style:
    """How a character is drawn: `size` in points, to the nearest half."""

    size: float
    bold: bool


class PageCharacters:
    """Asks PDFium about the characters of one page, by their numbers."""

    def __init__(self, textpage: Any) -> None:
        """Take a text page of pypdfium2, which must stay open."""
        from pypdfium2 import raw

        self._raw, self._page = raw, textpage.raw
        self._box, self._matrix = raw.FS_RECTF(), raw.FS_MATRIX()
        self._name = ctypes.create_string_buffer(_NAME_BYTES)
        left, bottom, right, top = textpage.page.get_bbox()
        self._seen = Box(left, -top, right, -bottom)
        codes = (raw.FPDFText_GetUnicode(self._page, i) for i in range(textpage.count_chars()))
        text = "".join(map(chr, codes)).replace(HYPHEN, "\ufffd")
        self.text = re.sub("\x02", self._hyphen, text)
        """A character each, so that a position in it is a character's number."""

    def box(self, number: int) -> Box:
        """Return where a character is drawn, in points, y down from the page's origin."""
        self._raw.FPDFText_GetLooseCharBox(self._page, number, ctypes.byref(self._box))
        return Box(self._box.left, -self._box.top, self._box.right, -self._box.bottom)

    def style(self, number: int) -> Style:
        """Return how a character is drawn."""
        raw, page = self._raw, self._page
        raw.FPDFText_GetMatrix(page, number, ctypes.byref(self._matrix))
        scale = math.hypot(self._matrix.c, self._matrix.d)
        size = round(2 * scale * raw.FPDFText_GetFontSize(page, number)) / 2
        raw.FPDFText_GetFontInfo(page, number, self._name, _NAME_BYTES, None)
        name = self._name.value.decode("utf-8", "replace")
        heavy = raw.FPDFText_GetFontWeight(page, number) >= _BOLD_WEIGHT
        return Style(size, heavy or bool(_BOLD.search(name)))

    def is_seen(self, box: Box) -> bool:
        """Say whether the middle of a box lies on the page."""
        x, y, page = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, self._seen
        return page.x0 <= x <= page.x1 and page.y0 <= y <= page.y1

    def readable(self, first: int, last: int) -> str:
        """Return characters as text; those that the file does not name are U+FFFD."""
        text = self.text[first : last + 1].translate(_UNNAMED)
        if any("\ud800" <= character <= "\udfff" for character in text):
            # PDFium gives a character beyond U+FFFF as two halves.
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text.strip()

    def _hyphen(self, found: re.Match[str]) -> str:
        joined = self._raw.FPDFText_IsHyphen(self._page, found.start()) == 1
        return HYPHEN if joined else "\ufffd"
