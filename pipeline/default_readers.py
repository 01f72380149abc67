"""Default readers: every format that Winnow reads."""

from pipeline import file_signature
from pipeline.params import IngestParams, OcrParams
from pipeline.reader import MediaType, ReaderRegistry
from pipeline.readers.page_layout import PageLayoutReader
from pipeline.readers.picture import PictureReader
from pipeline.text_format import converted_types, plain_types

_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
}


def default_readers(ingest: IngestParams, ocr: OcrParams) -> ReaderRegistry:
    """Return a Reader for every suffix that is known."""
    pictures = PictureReader(ingest, ocr)
    pdf = MediaType("application/pdf", PageLayoutReader(ingest, ocr), file_signature.PDF)
    return ReaderRegistry(
        {
            **plain_types(),
            **converted_types(ingest),
            ".pdf": pdf,
            **{
                suffix: MediaType(name, pictures, file_signature.IMAGE)
                for suffix, name in _PICTURES.items()
            },
        }
    )
