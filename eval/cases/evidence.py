"""Located evidence: each Case's quotes as spans of the Documents, and the quotes not found."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from eval.cases.case import Case, Evidence
from eval.cases.normal_text import NormalText, normalise
from eval.cases.span import Span
from pipeline.documents.document import Document

How = Literal["whole document", "exact", "normalised", "fuzzy", "orphan"]


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a Case needs, and the spans that hold it, each as good as the others.

    The span that the Case names stands first. `grade` is the gain of a graded judgement.
    """

    grade: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """How one Evidence, or one of its alternatives, was found; `reason` says why it was not."""

    case_id: str
    document: str
    quote: str | None
    how: How
    spans: tuple[Span, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LocatedEvidence:
    """Targets by Case id (an unanswerable Case has none), and how each Evidence was found."""

    targets: dict[str, tuple[Target, ...]]
    lookups: tuple[Lookup, ...]

    @property
    def orphans(self) -> tuple[Lookup, ...]:
        """The Evidence that is not in the Documents."""
        return tuple(each for each in self.lookups if each.how == "orphan")


def locate_evidence(
    cases: Iterable[Case], documents: Iterable[Document], fuzzy: float
) -> LocatedEvidence:
    """Find each Case's evidence: exactly, then but for typography, then nearly.

    A quote's further occurrences, in the same or another Document, are alternative spans.
    Evidence without a quote is the whole Document. `fuzzy` is the least partial ratio, 0..100.
    """
    search = _EvidenceSearch(documents, fuzzy)
    targets: dict[str, tuple[Target, ...]] = {}
    lookups: list[Lookup] = []
    for case in cases:
        needed = []
        for evidence in case.evidence:
            ways = [search.look_up(case.id, each) for each in _with_alternatives(evidence)]
            lookups += ways
            spans = dict.fromkeys(span for way in ways for span in way.spans)
            if spans:
                needed.append(Target(evidence.grade, tuple(spans)))
        targets[case.id] = tuple(needed)
    return LocatedEvidence(targets, tuple(lookups))


def _with_alternatives(evidence: Evidence) -> list[Evidence]:
    nested = [each for other in evidence.alternatives for each in _with_alternatives(other)]
    return [evidence, *nested]


class _EvidenceSearch:
    """Searches Documents, each of which is normalised at most once."""

    def __init__(self, documents: Iterable[Document], fuzzy: float) -> None:
        kept = list(documents)
        self._texts = {each.path: NormalText(each.text) for each in kept}
        self._aliases = {alias: each.path for each in kept for alias in each.aliases}
        self._fuzzy = fuzzy

    def look_up(self, case_id: str, evidence: Evidence) -> Lookup:
        quote = evidence.quote
        path = self._aliases.get(evidence.document, evidence.document)

        def result(how: How, *spans: Span, reason: str | None = None) -> Lookup:
            unique = tuple(dict.fromkeys(spans))
            return Lookup(case_id, evidence.document, quote, how, unique, reason)

        if path not in self._texts:
            similar = self._similar_path(path)
            hint = f"; did you mean {similar}?" if similar else ", or it could not be read"
            return result("orphan", reason=f"no document {path}{hint}")
        if quote is None:
            length = len(self._texts[path].original)
            if not length:
                return result("orphan", reason=f"{path} holds no text")
            return result("whole document", Span(path, 0, length))
        here, elsewhere = self._normalised(path, quote)
        if exact := self._exact(path, quote):
            # A normalised span of the same words may differ at its edges by ignored characters.
            rest = [span for span in here if span.start >= exact.end or span.end <= exact.start]
            return result("exact", exact, *rest, *elsewhere)
        if here:
            return result("normalised", *here, *elsewhere)
        if near := self._nearly(path, quote):
            return result("fuzzy", near, *elsewhere)
        hint = f"; it stands in {elsewhere[0].document}" if elsewhere else ""
        return result("orphan", reason=f"the quote is not in {path}{hint}")

    def _similar_path(self, path: str) -> str | None:
        """Return the path that was probably meant, if any is close."""
        from rapidfuzz import fuzz, process

        name = path.rsplit("/", 1)[-1]
        for known in self._texts:
            if known.rsplit("/", 1)[-1] == name:
                return known
        close = process.extractOne(path, list(self._texts), scorer=fuzz.ratio, score_cutoff=60)
        return str(close[0]) if close else None

    def _exact(self, path: str, quote: str) -> Span | None:
        """Find a quote as it stands, preferably not inside a word."""
        text = self._texts[path].original
        found = list(_occurrences(text, quote))
        return Span(path, *_prefer_whole_words(text, found)[0]) if found else None

    def _normalised(self, path: str, quote: str) -> tuple[list[Span], list[Span]]:
        """Find every span that is a quote but for typography: here, and in other Documents.

        Occurrences inside a word (`E42` in `E421`) count only in the Document that is named, and
        only if it holds no other.
        """
        needle = normalise(quote).strip()
        here: list[Span] = []
        elsewhere: list[Span] = []
        for known, body in self._texts.items() if needle else ():
            found = list(_occurrences(body.text, needle))
            if known == path and found:
                found = _prefer_whole_words(body.text, found)
                here = [Span(known, *body.span(*each)) for each in found]
            else:
                free = (each for each in found if _whole_words(body.text, *each))
                elsewhere += [Span(known, *body.span(*each)) for each in free]
        return here, elsewhere

    def _nearly(self, path: str, quote: str) -> Span | None:
        """Find the span of one Document that is most similar to a quote, both normalised.

        One that lacks a number of the quote is another fact, not the same one with a slip.
        """
        from rapidfuzz import fuzz

        body, needle = self._texts[path], normalise(quote).strip()
        if len(body.text) < len(needle):
            # partial_ratio would look for the document in the quote.
            same = fuzz.ratio(needle, body.text) >= self._fuzzy
            near = (0, len(body.text)) if same and body.text else None
        else:
            found = fuzz.partial_ratio_alignment(needle, body.text, score_cutoff=self._fuzzy)
            near = (found.dest_start, found.dest_end) if found and needle else None
        if near is None or near[0] >= near[1]:
            return None
        start, end = _trim(body.text, *_to_whole_words(body.text, *near))
        if not set(_NUMBER.findall(needle)) <= set(_NUMBER.findall(body.text[start:end])):
            return None
        return Span(path, *body.span(start, end))


_NUMBER = re.compile(r"\d+")


def _occurrences(text: str, needle: str) -> Iterator[tuple[int, int]]:
    start = text.find(needle)
    while start >= 0:
        yield start, start + len(needle)
        start = text.find(needle, start + len(needle))


def _prefer_whole_words(text: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [each for each in found if _whole_words(text, *each)] or found


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
