"""Located evidence: each Case's quotes as places in the Documents, and the quotes not found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from eval.case import Case, Evidence
from eval.place import Place
from eval.quote_search import QuoteSearch
from pipeline.document import Document

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
