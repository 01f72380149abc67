"""Text in images, through rapidocr: upright lines in reading order, and how sure it is of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.documents.readers.reading_order import Box, ordered_text

if TYPE_CHECKING:
    from rapidocr import RapidOCR

Image = NDArray[np.uint8]
"""Height x width x 3, blue green red."""

_Corners = NDArray[np.float32]
"""Four corners of a line (x, y in pixels), clockwise from its top left."""

_LONGEST = 1600
"""Pixels that lines are looked for in; they are read in the whole image. More takes more memory."""
_MARGIN = 40
"""Pixels left around the ink."""
_FAINT = 48
"""Of 255: what differs less from most of the page is no ink."""
_SHORTEST = 368
"""Pixels: rapidocr enlarges an image until its short side has twice as many."""
_SLIMMEST = 4
"""Width over height, or height over width: a slimmer image would be enlarged without end."""
_SAMPLE = 8
"""Lines, the longest ones, that say whether a page stands on its head."""
_DECIDED = 0.5
"""Of the sample's votes for upright: with fewer the sample is read both ways to decide."""
_TALL = 2.5
"""Height over width: so tall a line runs up or down the page; a lower one is a character or two."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """The text of an image; `confidence` in 0..1 is None where no line was found at all."""

    text: str
    confidence: float | None


def recognise(image: Image, discard: float) -> Recognised:
    """Return the text of a page, whichever of its sides is up.

    Lines of a confidence (0..1) below `discard` are left out. That of the page is the mean over
    the characters kept; it is 0.0 where every line was left out.
    """
    trimmed = _trimmed(image)
    upright, corners = (image, []) if trimmed is None else _upright(_widened(trimmed))
    if not corners:
        return Recognised("", None)
    lines = zip(corners, _read(upright, corners), strict=True)
    kept = [line for line in lines if line[1][0] and line[1][1] >= discard]
    if not kept:
        return Recognised("", 0.0)
    characters = sum(len(text) for _, (text, _) in kept)
    confidence = sum(len(text) * sure for _, (text, sure) in kept) / characters
    across = [(each, text) for each, (text, _) in kept if not _is_tall(each)]
    # A stamp along the margin stands in no row.
    beside = [text for each, (text, _) in kept if _is_tall(each)]
    text = ordered_text(_level([each for each, _ in across]), [text for _, text in across])
    return Recognised("\n\n".join(filter(None, [text, *beside])), round(confidence, 4))


@cache
def _engine() -> "RapidOCR":
    """Open the models that are part of rapidocr's package.

    One thread, so that the same image gives the same text and processes do not compete.
    """
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": 0.0,
            "Global.max_side_len": _LONGEST,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _trimmed(image: Image) -> Image | None:
    """Cut off what is blank around the ink, as the detector misses a lone line on a large page.

    None where there is no ink.
    """
    step = max(1, max(image.shape) // _LONGEST)
    seen = image[::step, ::step].astype(np.int16)
    ink = np.abs(seen - np.median(seen, axis=(0, 1))).max(axis=2) > _FAINT
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) * step for axis in (1, 0))
    if not rows.size:
        return None
    top, left = (max(0, int(each[0]) - _MARGIN) for each in (rows, columns))
    bottom, right = (int(each[-1]) + step + _MARGIN for each in (rows, columns))
    return image[top:bottom, left:right]


def _widened(image: Image) -> Image:
    """Add white to a small or slim image, as letters that are much enlarged fall apart."""
    height, width = image.shape[:2]
    below = max(_SHORTEST - height, width // _SLIMMEST - height, 0)
    beside = max(_SHORTEST - width, height // _SLIMMEST - width, 0)
    return np.pad(image, ((0, below), (0, beside), (0, 0)), constant_values=255)


def _upright(image: Image) -> tuple[Image, list[_Corners]]:
    """Turn a page until its lines run from left to right, and return where they are."""
    corners = _detect(image)
    tall = sum(max(_sides(each)) * (1 if _is_tall(each) else -1) for each in corners)
    if tall > 0:
        image = np.ascontiguousarray(np.rot90(image))
        corners = _detect(image)
    if corners and _is_upside_down(image, corners):
        image = np.ascontiguousarray(np.rot90(image, 2))
        corners = _detect(image)
    return image, corners


def _detect(image: Image) -> list[_Corners]:
    found: Any = _engine()(image, use_det=True, use_cls=False, use_rec=False)
    return [] if found.boxes is None else [np.asarray(box, np.float32) for box in found.boxes]


def _is_upside_down(image: Image, corners: Sequence[_Corners]) -> bool:
    wide = [each for each in corners if not _is_tall(each)] or list(corners)
    sample = sorted(wide, key=lambda each: -max(_sides(each)))[:_SAMPLE]
    crops = _engine().crop_text_regions(image, np.array(sample))
    _, classified = _engine().cls_and_rotate(crops)
    votes = [-sure if label == "180" else sure for label, sure in classified.cls_res or ()]
    if sum(votes) >= _DECIDED * len(crops):
        return False
    # The classifier takes a lone short word for a turned one.
    turned = [np.ascontiguousarray(np.rot90(crop, 2)) for crop in crops]
    return _sureness(turned) > _sureness(crops)


def _sureness(crops: list[Image]) -> float:
    return sum(len(text) * sure for text, sure in _recognise(crops))


def _read(image: Image, corners: Sequence[_Corners]) -> list[tuple[str, float]]:
    """Return text and confidence of each line, a vertical one the right way up."""
    crops = _engine().crop_text_regions(image, np.array(corners))
    for number, each in enumerate(corners):
        width, height = _sides(each)
        if _is_tall(each):
            (crops[number],), _ = _engine().cls_and_rotate([crops[number]])
        elif height > width and crops[number].shape[1] > crops[number].shape[0]:
            # rapidocr lays all that is taller than wide on its side, a lone figure too.
            crops[number] = np.ascontiguousarray(np.rot90(crops[number], -1))
    return _recognise(crops)


def _recognise(crops: list[Image]) -> list[tuple[str, float]]:
    found = _engine().recognize_txt(crops)
    pairs = zip(found.txts or (), found.scores or (), strict=True)
    return [(" ".join(text.split()), float(sure)) for text, sure in pairs]


def _sides(corners: _Corners) -> tuple[float, float]:
    """Return width and height of a line along its own direction, in pixels."""
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    return float(np.hypot(*across)), float(np.hypot(*down))


def _is_tall(corners: _Corners) -> bool:
    width, height = _sides(corners)
    return height >= _TALL * width


def _level(corners: Sequence[_Corners]) -> list[Box]:
    """Return the lines' boxes with the page's skew taken out."""
    edges = [each[1] - each[0] for each in corners]
    lean = [(float(np.arctan2(edge[1], edge[0])), float(np.hypot(*edge))) for edge in edges]
    angle = _weighted_median(lean) if lean else 0.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = [each @ turn for each in corners]
    return [Box(*map(float, (*each.min(axis=0), *each.max(axis=0)))) for each in turned]


def _weighted_median(pairs: list[tuple[float, float]]) -> float:
    half = sum(weight for _, weight in pairs) / 2
    for value, weight in sorted(pairs):
        half -= weight
        if half <= 0:
            return value
    return sorted(pairs)[-1][0]
