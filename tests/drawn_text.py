"""Text that is only drawn: images of lines, and PDFs that hold nothing but an image."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from pipeline.params import IngestParams, OcrParams
from pipeline.section import parse_section
from tests.built_version import SETTINGS

LETTER = ("The pump hums at night.", "Tighten seven screws.", "Call us in spring.")
"""Lines that are drawn large enough to be read without fault."""


def ingest_params(**changes: Any) -> IngestParams:
    """Return the limits of tests, with changes."""
    return parse_section(IngestParams, "ingest", {**SETTINGS["ingest"], **changes})


def ocr_params(**changes: Any) -> OcrParams:
    """Return how tests recognise text, with changes."""
    return parse_section(OcrParams, "ocr", {**SETTINGS["ocr"], **changes})


def drawn(lines: Sequence[str] = LETTER, size: int = 26, width: int = 420) -> Image.Image:
    """Draw lines in black on white, 1.6 times their size from one to the next."""
    image = Image.new("RGB", (width, int((len(lines) + 1) * size * 1.6)), "white")
    for number, line in enumerate(lines):
        write(image, (20, int((number + 0.5) * size * 1.6)), line, size)
    return image


def write(image: Image.Image, place: tuple[int, int], text: str, size: int = 26) -> None:
    """Write into an image in a font that has every European letter."""
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    font = ImageFont.truetype(str(fonts / "DejaVuSans.ttf"), size)
    ImageDraw.Draw(image).text(place, text, fill="black", font=font)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return the bytes of an image file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def scan(image: Image.Image, header: str = "", share: float = 1.0) -> bytes:
    """Return a PDF of one page, an image over a share of its height below a header as text."""
    width, height = 0.5 * image.width, 0.5 * image.height
    file = FPDF(unit="pt", format=(width, height / share))
    file.set_auto_page_break(False)
    file.set_margin(0)
    file.add_page()
    file.image(image, 0, (1 / share - 1) * height, width, height)
    file.set_font("helvetica", size=9)
    if header:
        file.text(4, 10, header)
    return bytes(file.output())
