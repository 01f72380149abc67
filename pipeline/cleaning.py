"""Cleaning: what is made good in a text before it is stored, its spans following."""

from dataclasses import replace

from pipeline.document import Heading
from pipeline.letter_form import plain_letters
from pipeline.line_division import join_divided_words
from pipeline.params import CleaningParams
from pipeline.reading import Reading
from pipeline.repeated_line import drop_repeated_lines
from pipeline.text_edit import edited_piecewise
from pipeline.white_space import tidy_white_space


def clean(reading: Reading, params: CleaningParams) -> Reading:
    """Return the text cleaned as the params say; cleaning it again changes nothing.

    Pages and headings are spans of the new text. A page that held nothing but what goes keeps
    an empty span.
    """
    if params.ligatures:
        reading = edited_piecewise(reading, plain_letters)
        reading = replace(reading, headings=tuple(map(_plain_title, reading.headings)))
    while True:
        if params.whitespace:
            reading = tidy_white_space(reading)
        if params.hyphenation:
            reading = join_divided_words(reading)
        if not params.repeated_lines:
            return reading
        shorter = drop_repeated_lines(reading)
        if shorter == reading:
            return reading
        # What a dropped line stood between can be an empty line or a divided word now.
        reading = shorter


def _plain_title(heading: Heading) -> Heading:
    return replace(heading, title=" ".join(plain_letters(heading.title).split()))
