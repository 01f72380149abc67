"""Document assembly: a file and what it was read as, made one Document."""

import math
from collections.abc import Mapping, Sequence

from pipeline.cleaning import clean
from pipeline.digest import hash_of
from pipeline.document import Document, Page
from pipeline.errors import ReadError
from pipeline.params import CleaningParams
from pipeline.path_pattern import matches_any
from pipeline.reading_outcome import ReadingOutcome
from pipeline.reading_task import ReadingTask

_DIGITS = 4
"""Of a confidence; more would say more than a recogniser knows."""


def assemble_document(
    group: Sequence[ReadingTask],
    outcome: ReadingOutcome,
    cleaning: CleaningParams,
    tags: Mapping[str, Sequence[str]],
) -> Document:
    """Return the Document of a file and its exact duplicates, its text cleaned.

    The first of the group gives its path, the others are aliases; it carries the tags of all.

    Raises:
        ReadError: there is no Reading, or nothing in it.
    """
    if outcome.reading is None or outcome.media_type is None or outcome.reader is None:
        raise ReadError(outcome.reason or "it could not be read")
    reading = clean(outcome.reading, cleaning)
    if not reading.text.strip():
        raise ReadError("it holds no text")
    first, *others = group
    return Document(
        id=hash_of([first.relative, reading.text]),
        path=first.relative,
        sha256=first.sha256,
        media_type=outcome.media_type,
        reader=outcome.reader,
        text=reading.text,
        pages=reading.pages,
        headings=reading.headings,
        ocr_confidence=_mean_confidence(reading.pages),
        aliases=tuple(other.relative for other in others),
        tags=tuple(
            sorted(
                tag
                for tag, patterns in tags.items()
                if any(matches_any(task.relative, patterns) for task in group)
            )
        ),
    )


def _mean_confidence(pages: Sequence[Page]) -> float | None:
    """Return the mean over the characters of the recognised pages."""
    sure = [
        (page.ocr_confidence, page.end - page.start)
        for page in pages
        if page.ocr_confidence is not None
    ]
    characters = sum(length for _, length in sure)
    if not characters:
        return None
    return round(math.fsum(each * length for each, length in sure) / characters, _DIGITS)
