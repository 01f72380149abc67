"""Quote search: where a quote stands in Documents, exactly, but for typography, or nearly."""

import re
from collections.abc import Iterable, Iterator

from eval.normal_text import NormalText, normalise
from eval.place import Place
from pipeline.document import Document

_NUMBER = re.compile(r"\d+")


class QuoteSearch:
    """Searches Documents, each of which is normalised at most once."""

    def __init__(self, documents: Iterable[Document]) -> None:
        """Keep the Documents' text by path."""
        kept = list(documents)
        self._texts = {each.path: NormalText(each.text) for each in kept}
        self._aliases = {alias: each.path for each in kept for alias in each.aliases}

    def __contains__(self, path: str) -> bool:
        """Say whether a Document has this path."""
        return path in self._texts

    def canonical(self, path: str) -> str:
        """Return the path of the Document that a path, or an alias of it, names."""
        return self._aliases.get(path, path)

    def whole(self, path: str) -> Place:
        """Return the span of a whole Document."""
        return Place(path, 0, len(self._texts[path].original))

    def similar_path(self, path: str) -> str | None:
        """Return the path that was probably meant, if any is close."""
        from rapidfuzz import fuzz, process

        name = path.rsplit("/", 1)[-1]
        for known in self._texts:
            if known.rsplit("/", 1)[-1] == name:
                return known
        close = process.extractOne(path, list(self._texts), scorer=fuzz.ratio, score_cutoff=60)
        return str(close[0]) if close else None

    def exact(self, path: str, quote: str) -> Place | None:
        """Find a quote as it stands, preferably not inside a word."""
        text = self._texts[path].original
        spans = list(_occurrences(text, quote))
        return Place(path, *_prefer_whole_words(text, spans)[0]) if spans else None

    def normalised(self, path: str, quote: str) -> tuple[list[Place], list[Place]]:
        """Find every place where a quote stands but for typography: here, and in other Documents.

        Occurrences inside a word (`E42` in `E421`) count only in the Document that is named, and
        only if it holds no other.
        """
        needle = normalise(quote).strip()
        here: list[Place] = []
        elsewhere: list[Place] = []
        for known, body in self._texts.items() if needle else ():
            spans = list(_occurrences(body.text, needle))
            if known == path and spans:
                spans = _prefer_whole_words(body.text, spans)
                here = [Place(known, *body.span(*span)) for span in spans]
            else:
                free = (span for span in spans if _whole_words(body.text, *span))
                elsewhere += [Place(known, *body.span(*span)) for span in free]
        return here, elsewhere

    def nearly(self, path: str, quote: str, least: float) -> Place | None:
        """Find the place in one Document that is most similar to a quote.

        `least` is a rapidfuzz partial ratio, 0..100, of the normalised texts. A place that lacks
        one of the quote's numbers is another fact, not the same one with a slip.
        """
        from rapidfuzz import fuzz

        body, needle = self._texts[path], normalise(quote).strip()
        if len(body.text) < len(needle):
            # partial_ratio would look for the document in the quote.
            same = fuzz.ratio(needle, body.text) >= least
            span = (0, len(body.text)) if same and body.text else None
        else:
            found = fuzz.partial_ratio_alignment(needle, body.text, score_cutoff=least)
            span = (found.dest_start, found.dest_end) if found and needle else None
        if span is None or span[0] >= span[1]:
            return None
        start, end = _trim(body.text, *_to_whole_words(body.text, *span))
        if not set(_NUMBER.findall(needle)) <= set(_NUMBER.findall(body.text[start:end])):
            return None
        return Place(path, *body.span(start, end))


def _occurrences(text: str, needle: str) -> Iterator[tuple[int, int]]:
    start = text.find(needle)
    while start >= 0:
        yield start, start + len(needle)
        start = text.find(needle, start + len(needle))


def _prefer_whole_words(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [span for span in spans if _whole_words(text, *span)] or spans


def _whole_words(text: str, start: int, end: int) -> bool:
    return not (_joined(text, start) or _joined(text, end))


def _joined(text: str, position: int) -> bool:
    """Say whether a word goes on across a position."""
    around = text[max(0, position - 1) : position + 1]
    return 0 < position < len(text) and around[0].isalnum() and around[1].isalnum()


def _to_whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while _joined(text, start):
        start -= 1
    while _joined(text, end):
        end += 1
    return start, end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end - 1 and text[start] == " ":
        start += 1
    while end > start + 1 and text[end - 1] == " ":
        end -= 1
    return start, end
