import time
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from pipeline.documents.readers.picture import PictureReader
from pipeline.errors import ReadError
from tests.support.corpus import LETTER, drawn, encoded, ingest_params, ocr_params
from tests.support.hostile_folder import png

_READER = PictureReader(ingest_params(), ocr_params())
_TEXT = "\n".join(LETTER)


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("PNG", "1"),
        ("PNG", "LA"),
        ("JPEG", "L"),
        ("TIFF", "CMYK"),
        ("TIFF", "I;16"),
        ("TIFF", "F"),
        ("WEBP", "RGBA"),
        ("BMP", "RGB"),
        ("GIF", "P"),
    ],
)
def test_every_format_and_kind_of_pixels_is_read(form: str, mode: str) -> None:
    image = drawn()
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 16)
    elif mode in {"RGBA", "LA"}:
        # Black on nothing, which is to be seen as white.
        ink = Image.eval(image.convert("L"), lambda value: 255 - value)
        image = Image.merge("RGBA", [*Image.new("RGB", image.size, "black").split(), ink])
    if mode != "I;16":
        image = image.convert(mode)
    reading = _READER.read(encoded(image, form))
    assert reading.text == _TEXT
    (page,) = reading.pages
    assert (page.number, page.start, page.end) == (1, 0, len(_TEXT))
    assert page.ocr_confidence is not None
    assert page.ocr_confidence > 0.9


def test_the_orientation_that_a_camera_noted_is_applied() -> None:
    turned = drawn().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    noted = Image.Exif()
    noted[0x0112] = 2
    assert _READER.read(encoded(turned, "JPEG", exif=noted)).text == _TEXT


def test_frames_of_a_tiff_are_pages() -> None:
    frames = [drawn([line]) for line in LETTER]
    content = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    reading = _READER.read(content)
    assert [reading.text[page.start : page.end] for page in reading.pages] == list(LETTER)
    few = PictureReader(ingest_params(max_pages=2), ocr_params())
    with pytest.raises(ReadError, match=r"3 frames, more than ingest\.max_pages: 2"):
        few.read(content)


def test_of_a_moving_picture_the_first_one_is_read() -> None:
    frames = [drawn([line]) for line in LETTER]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert _READER.read(content).text == LETTER[0]


def test_a_huge_image_is_refused_before_it_is_decoded() -> None:
    content = png(35_000, 35_000)
    tracemalloc.start()
    before = time.perf_counter()
    with pytest.raises(ReadError, match=r"35,000 x 35,000 .* 1,225 megapixels.*: 20$"):
        _READER.read(content)
    assert time.perf_counter() - before < 1
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()
    assert Image.MAX_IMAGE_PIXELS is not None


def test_a_large_frame_behind_a_small_one_is_refused() -> None:
    frames = [drawn(["Pump"]), Image.new("1", (5000, 5000))]
    content = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with pytest.raises(ReadError, match="25 megapixels"):
        _READER.read(content)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_a_truncated_image_is_refused(form: str) -> None:
    content = encoded(drawn(), form)
    with pytest.raises(ReadError, match="not readable as an image"):
        _READER.read(content[: len(content) // 2])


@pytest.mark.parametrize("content", [b"", b"no image", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="not readable as an image"):
        _READER.read(content)


def test_an_image_without_text_gives_none() -> None:
    reading = _READER.read(encoded(Image.new("RGB", (200, 200), "white"), "PNG"))
    assert reading.text == ""
    assert [page.ocr_confidence for page in reading.pages] == [None]


def test_recognition_switched_off_is_the_reason() -> None:
    reader = PictureReader(ingest_params(), ocr_params(mode="never"))
    with pytest.raises(ReadError, match=r"switched off.*ocr\.mode"):
        reader.read(encoded(drawn(), "PNG"))
