"""DOCX: paragraphs, lists and tables in order, headings from their styles."""

import io

from pipeline.errors import ReadError
from pipeline.reader import Reading
from pipeline.readers.hypertext import lay_out


class WordProcessingReader:
    """Reads DOCX through mammoth's HTML, so that tables and headings are laid out as HTML's."""

    name = "mammoth/1"

    def read(self, content: bytes) -> Reading:
        """Return the laid out text and its headings."""
        import mammoth

        try:
            converted = mammoth.convert_to_html(
                io.BytesIO(content),
                convert_image=mammoth.images.img_element(lambda _: {}),
                style_map="p[style-name='Title'] => h1:fresh",
            )
        except Exception as error:
            # Zip, zlib and XML each raise their own; mammoth adds nothing of its own to them.
            raise ReadError(f"not readable as DOCX: {error}") from None
        if not converted.value.strip():
            raise ReadError("it holds no text")
        return lay_out(f"<html><body>{converted.value}</body></html>")
