"""Pages that follow each other as one text."""

from collections.abc import Iterable

from pipeline.document import Page
from pipeline.text_recognition import Recognised

_BREAK = "\n\n"


def page_sequence(pages: Iterable[Recognised]) -> tuple[str, tuple[Page, ...]]:
    """Return the text of all pages, two line ends between them, and each page's span."""
    texts, spans, position = [], [], 0
    for number, page in enumerate(pages, start=1):
        end = position + len(page.text)
        texts.append(page.text)
        spans.append(Page(number, position, end, page.confidence))
        position = end + len(_BREAK)
    return _BREAK.join(texts), tuple(spans)
