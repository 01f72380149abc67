"""PDF with a text layer: page by page, in reading order as the file gives it."""

from pipeline.document import Page
from pipeline.errors import ReadError
from pipeline.reader import Reading

_BREAK = "\n\n"


class PageLayoutReader:
    """Reads PDF through PDFium."""

    name = "pdfium/1"

    def read(self, content: bytes) -> Reading:
        """Return the text of all pages, two line ends between them, and each page's span."""
        texts = _page_texts(content)
        pages, position = [], 0
        for number, text in enumerate(texts, start=1):
            pages.append(Page(number, position, position + len(text)))
            position += len(text) + len(_BREAK)
        return Reading(_BREAK.join(texts), pages=tuple(pages))


def _page_texts(content: bytes) -> list[str]:
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(content) as file:
            return [_page_text(page) for page in file]
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise ReadError("it needs a password") from None
        raise ReadError(f"not readable as PDF: {error}") from None


def _page_text(page: object) -> str:
    textpage = page.get_textpage()  # type: ignore[attr-defined]
    text: str = textpage.get_text_bounded()
    # PDFium marks a hyphen at a line's end with U+FFFE.
    return text.replace("\r\n", "\n").replace("\ufffe\n", "").replace("\ufffe", "").strip()
