"""White space: one kind of line end, one blank between words, one empty line at most."""

import re
from collections.abc import Iterator

from pipeline.code_fence import CodeFences
from pipeline.reading import Reading
from pipeline.text_edit import TextEdit, edited

_LINE_END = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_RUN = re.compile(r"[ \t\n]{2,}|\t")


def tidy_white_space(reading: Reading) -> Reading:
    """Return the text with its runs of white space shortened.

    Every line end becomes a line feed. Indentation and code fences stay as they are.
    """
    text = reading.text
    ends = ((found.start(), found.end(), "\n") for found in _LINE_END.finditer(text))
    if _LINE_END.search(text):
        reading = edited(reading, ends)
    return edited(reading, _shortened(reading.text))


def _shortened(text: str) -> Iterator[TextEdit]:
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    if first:
        yield 0, first, ""
    fences = CodeFences(text)
    for run in _RUN.finditer(text, first, last):
        found = run.group()
        line_ends = found.count("\n")
        indentation = found[found.rfind("\n") + 1 :]
        instead = "\n" * min(line_ends, 2) + indentation if line_ends else " "
        if instead != found and not fences.hold(run.start()):
            yield run.start(), run.end(), instead
    if first <= last < len(text):
        yield last, len(text), ""
