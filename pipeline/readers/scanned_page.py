"""PDF pages whose text is only drawn: which ones, and their picture."""

import math
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from pipeline.text_recognition import Image

_POINTS = 72
_FEW = 20
"""Letters and digits: a page with fewer and something drawn may hold text that is drawn."""
_SHORT = 200
"""Letters and digits: a page with fewer and a large image may be a scan under a header."""
_LARGE = 0.5
"""Of the page: what its images cover where it is a scan."""
_GARBAGE = 0.3
"""Of the characters: a text layer with more that mean nothing is useless."""
_MEANINGLESS = {"Cc", "Cn", "Co", "Cs"}
_MOST_OBJECTS = 5000
"""Drawn things that are looked at."""
_GLANCE = 600
"""Pixels of the longer side of a quick look."""
_FAINT = 24
"""Of 255: a page whose lightest and darkest pixel differ less is blank."""


def is_scanned(page: Any, text: str) -> bool:
    """Say whether a page of an open PDF should be recognised, given the text of its layer."""
    letters = count_letters(text)
    if is_garbage(text):
        return True
    if letters < _FEW:
        return _is_drawn_on(page) and not _is_blank(page)
    return letters < _SHORT and _image_share(page) > _LARGE


def is_garbage(text: str) -> bool:
    """Say whether too many characters of a text mean nothing, as in a font without a mapping."""
    filled = [character for character in text if not character.isspace()]
    nothing = sum(
        character == "\ufffd" or unicodedata.category(character) in _MEANINGLESS
        for character in filled
    )
    return nothing > _GARBAGE * len(filled)


def count_letters(text: str) -> int:
    """Return the number of letters and digits."""
    return sum(map(str.isalnum, text))


def draw(page: Any, resolution: float, max_pixels: float) -> Image:
    """Draw a page in dots per inch, or smaller where it would have more pixels."""
    width, height = page.get_size()
    most = math.sqrt(max_pixels / max(width * height, 1.0))
    picture = page.render(scale=min(resolution / _POINTS, most))
    return np.array(picture.to_numpy()[:, :, :3])


def _is_blank(page: Any) -> bool:
    picture = draw(page, _POINTS * _GLANCE / max(page.get_size()), _GLANCE * _GLANCE)
    return int(picture.max()) - int(picture.min()) < _FAINT


def _is_drawn_on(page: Any) -> bool:
    from pypdfium2 import raw

    drawn = {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING}
    return any(each.type in drawn for each in _objects(page))


def _image_share(page: Any) -> float:
    """Return the images' share of the page; those that lie on each other count twice."""
    from pypdfium2 import raw

    left, bottom, right, top = page.get_bbox()
    covered = 0.0
    for each in _objects(page):
        if each.type == raw.FPDF_PAGEOBJ_IMAGE:
            x0, y0, x1, y1 = _bounds_on_page(each)
            width, height = min(x1, right) - max(x0, left), min(y1, top) - max(y0, bottom)
            covered += max(width, 0.0) * max(height, 0.0)
    return covered / float(max((right - left) * (top - bottom), 1.0))


def _objects(page: Any) -> Iterator[Any]:
    return islice(page.get_objects(), _MOST_OBJECTS)


def _bounds_on_page(drawn: Any) -> tuple[float, float, float, float]:
    bounds, form = drawn.get_bounds(), drawn.container
    while form is not None:
        bounds, form = form.get_matrix().on_rect(*bounds), form.container
    return bounds  # type: ignore[no-any-return]
