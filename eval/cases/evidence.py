"""Located evidence: each Case's quotes as places in the Documents, and the quotes not found."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from eval.cases.case import Case, Evidence
from eval.cases.normal_text import NormalText, normalise
from eval.cases.place import Place
from pipeline.documents.document import Document

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


How = Literal["whole document", "exact", "normalised", "fuzzy", "orphan"]


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a Case needs, and the places that hold it, each as good as the others.

    The place that the Case names stands first. `grade` is the gain of a graded judgement.
    """

    grade: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one Evidence, or one of its alternatives, was found; `reason` says why it was not."""

    case_id: str
    document: str
    quote: str | None
    how: How
    places: tuple[Place, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LocatedEvidence:
    """Targets by Case id (an unanswerable Case has none), and how each Evidence was found."""

    targets: dict[str, tuple[Target, ...]]
    findings: tuple[Finding, ...]

    @property
    def orphans(self) -> tuple[Finding, ...]:
        """The Evidence that is not in the Documents."""
        return tuple(finding for finding in self.findings if finding.how == "orphan")


def locate_evidence(
    cases: Iterable[Case], documents: Iterable[Document], fuzzy: float
) -> LocatedEvidence:
    """Find each Case's evidence: exactly, then but for typography, then nearly.

    A quote's further occurrences, in the same or another Document, are alternative places.
    Evidence without a quote is the whole Document. `fuzzy` is the least partial ratio, 0..100.
    """
    search = QuoteSearch(documents)
    targets: dict[str, tuple[Target, ...]] = {}
    findings: list[Finding] = []
    for case in cases:
        found = []
        for evidence in case.evidence:
            ways = [_find(search, case.id, each, fuzzy) for each in _with_alternatives(evidence)]
            findings += ways
            places = dict.fromkeys(place for way in ways for place in way.places)
            if places:
                found.append(Target(evidence.grade, tuple(places)))
        targets[case.id] = tuple(found)
    return LocatedEvidence(targets, tuple(findings))


def _with_alternatives(evidence: Evidence) -> list[Evidence]:
    nested = [each for other in evidence.alternatives for each in _with_alternatives(other)]
    return [evidence, *nested]


def _find(search: QuoteSearch, case_id: str, evidence: Evidence, fuzzy: float) -> Finding:
    path, quote = search.canonical(evidence.document), evidence.quote

    def result(how: How, *places: Place, reason: str | None = None) -> Finding:
        unique = tuple(dict.fromkeys(places))
        return Finding(case_id, evidence.document, quote, how, unique, reason)

    if path not in search:
        similar = search.similar_path(path)
        hint = f"; did you mean {similar}?" if similar else ", or it could not be read"
        return result("orphan", reason=f"no document {path}{hint}")
    if quote is None:
        whole = search.whole(path)
        if not len(whole):
            return result("orphan", reason=f"{path} holds no text")
        return result("whole document", whole)
    here, elsewhere = search.normalised(path, quote)
    if exact := search.exact(path, quote):
        # A normalised span of the same words may differ at its edges by ignored characters.
        rest = [place for place in here if place.start >= exact.end or place.end <= exact.start]
        return result("exact", exact, *rest, *elsewhere)
    if here:
        return result("normalised", *here, *elsewhere)
    if near := search.nearly(path, quote, fuzzy):
        return result("fuzzy", near, *elsewhere)
    hint = f"; it stands in {elsewhere[0].document}" if elsewhere else ""
    return result("orphan", reason=f"the quote is not in {path}{hint}")
