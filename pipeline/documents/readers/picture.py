"""Images: the text that is recognised in them; each frame of a TIFF is a page."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from pipeline.documents.document import Reading, joined_pages
from pipeline.documents.readers.text_recognition import Image, recognise
from pipeline.errors import ReadError
from pipeline.params import IngestParams, OcrParams

if TYPE_CHECKING:
    from PIL import Image as Pillow

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
_BYTE = 255


class PictureReader:
    """Reads images through Pillow and rapidocr; of moving pictures the first one."""

    name = "rapidocr/1"

    def __init__(self, ingest: IngestParams, ocr: OcrParams) -> None:
        self._ingest = ingest
        self._ocr = ocr

    def read(self, content: bytes) -> Reading:
        """Return the text of all frames, two line ends between them, and each frame's span.

        Raises:
            ReadError: it is broken, larger than the limits, or recognition is switched off.
        """
        if self._ocr.mode == "never":
            raise ReadError("an image, and recognition is switched off; set ocr.mode to auto")
        with _own_limits():
            found = [recognise(each, self._ocr.discard) for each in self._frames(content)]
        texts, confidences = [each.text for each in found], [each.confidence for each in found]
        return Reading(*joined_pages(texts, confidences))

    def _frames(self, content: bytes) -> Iterator[Image]:
        from PIL import Image as Pillow
        from PIL import UnidentifiedImageError

        try:
            Pillow.init()
            with Pillow.open(io.BytesIO(content), formats=_FORMATS) as file:
                for number in range(self._count(file)):
                    file.seek(number)
                    self._check_size(file.size)
                    yield _pixels(file)
        except UnidentifiedImageError:
            raise ReadError("not readable as an image: its format is unknown") from None
        except (ReadError, MemoryError):
            raise
        except Exception as error:
            # Every format's decoder raises its own.
            raise ReadError(f"not readable as an image: {error}") from None

    def _count(self, file: "Pillow.Image") -> int:
        self._check_size(file.size)
        count = getattr(file, "n_frames", 1) if file.format == "TIFF" else 1
        if count > self._ingest.max_pages:
            most = self._ingest.max_pages
            raise ReadError(f"it has {count:,} frames, more than ingest.max_pages: {most:,}")
        return count

    def _check_size(self, size: tuple[int, int]) -> None:
        width, height = size
        megapixels, most = width * height / 1e6, self._ingest.max_megapixels
        if megapixels > most:
            raise ReadError(
                f"{width:,} x {height:,} pixels are {megapixels:,.0f} megapixels, "
                f"more than ingest.max_megapixels: {most:,}"
            )


@contextmanager
def _own_limits() -> Iterator[None]:
    """Lift Pillow's limit of pixels, as the sizes are checked here, and keep it quiet."""
    from PIL import Image as Pillow

    before = Pillow.MAX_IMAGE_PIXELS
    Pillow.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Pillow.MAX_IMAGE_PIXELS = before


def _pixels(frame: "Pillow.Image") -> Image:
    """Return a frame as its camera held it, on white where it is transparent."""
    from PIL import Image as Pillow
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(frame)
    if upright.mode.startswith(("I", "F")):
        deep = np.asarray(upright, np.float64)
        low, high = float(deep.min()), float(deep.max())
        grey = (deep - low) * (_BYTE / max(high - low, 1e-9))
        upright = Pillow.fromarray(grey.astype(np.uint8))
    if upright.has_transparency_data:
        white = Pillow.new("RGBA", upright.size, "white")
        upright = Pillow.alpha_composite(white, upright.convert("RGBA"))
    return np.ascontiguousarray(np.asarray(upright.convert("RGB"))[:, :, ::-1])
