"""Sentences of a text as character spans."""

import sentencex

Span = tuple[int, int]


def sentence_spans(text: str, language: str = "en") -> list[Span]:
    """Return the half-open spans of sentences, stripped of blanks; a line never joins the next.

    Lines are kept apart because list items, table rows and headings carry no full stop. Only
    a line that ends without one and goes on in lower case is joined: wrapped prose.
    """
    spans = []
    for start, end in _blocks(text):
        # A lone surrogate, such as a terminal hands over, is no text to sentencex.
        block = text[start:end].encode("utf-8", "replace").decode("utf-8")
        for boundary in sentencex.get_sentence_boundaries(language, block):
            span = _stripped(text, start + boundary["start_index"], start + boundary["end_index"])
            if span is not None:
                spans.append(span)
    return spans


def _blocks(text: str) -> list[Span]:
    """Return spans of lines, with wrapped prose joined to one span."""
    blocks: list[Span] = []
    position = 0
    for line in text.split("\n"):
        start, position = position, position + len(line) + 1
        span = _stripped(text, start, start + len(line))
        if span is None:
            continue
        if blocks and _wraps(text, blocks[-1], span):
            blocks[-1] = (blocks[-1][0], span[1])
        else:
            blocks.append(span)
    return blocks


def _wraps(text: str, previous: Span, following: Span) -> bool:
    gap = text[previous[1] : following[0]]
    if gap.count("\n") != 1 or following[0] - previous[1] > 3:
        return False
    return text[previous[1] - 1] not in ".:;!?|" and text[following[0]].islower()


def _stripped(text: str, start: int, end: int) -> Span | None:
    held = text[start:end]
    start += len(held) - len(held.lstrip())
    end -= len(held) - len(held.rstrip())
    return (start, end) if start < end else None
