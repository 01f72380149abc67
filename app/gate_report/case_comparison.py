"""Case comparison: what both sides answered to one Case, and where the passages part."""

from collections.abc import Sequence

from app.gate_report.report import CitedSentence, FoundPassage, GivenAnswer
from eval.answers import CaseAnswer
from eval.case import Case, Evidence
from eval.comparison import same_passage
from eval.normal_text import normalise
from pipeline.answer import Passage


def given_answers(
    case: Case, baseline: CaseAnswer | None, candidate: CaseAnswer | None
) -> tuple[GivenAnswer | None, GivenAnswer | None]:
    """Return what the baseline and the candidate answered, each None where it is not at hand."""
    return _given(case, baseline, candidate), _given(case, candidate, baseline)


def evidence_texts(case: Case) -> tuple[str, ...]:
    """Return what a Case names as evidence, as a reader would cite it, alternatives left out."""
    return tuple(
        f"{each.document}: “{each.quote}”" if each.quote else each.document
        for each in case.evidence
    )


def _given(case: Case, own: CaseAnswer | None, other: CaseAnswer | None) -> GivenAnswer | None:
    if own is None:
        return None
    if own.answer is None:
        return GivenAnswer(sentences=(), passages=(), error=own.error or "no answer")
    theirs = other.answer.passages if other is not None and other.answer is not None else None
    places = _places(case.evidence)
    return GivenAnswer(
        sentences=tuple(
            CitedSentence(text=each.text, citations=each.citations) for each in own.answer.sentences
        ),
        passages=tuple(_found(each, theirs, places) for each in own.answer.passages),
    )


def _found(
    passage: Passage, theirs: Sequence[Passage] | None, places: Sequence[tuple[str, str]]
) -> FoundPassage:
    alone = theirs is not None and not any(same_passage(passage, other) for other in theirs)
    return FoundPassage(
        rank=passage.rank,
        score=passage.score,
        document=passage.document,
        start=passage.start,
        end=passage.end,
        place=passage.place,
        text=passage.text,
        alone=alone,
        evidence=_holds(passage, places),
    )


def _places(evidence: Sequence[Evidence]) -> list[tuple[str, str]]:
    """Return document and normalised quote of each place that would do; "" is the whole."""
    every = [place for each in evidence for place in (each, *each.alternatives)]
    return [(each.document, normalise(each.quote or "").strip()) for each in every]


def _holds(passage: Passage, places: Sequence[tuple[str, str]]) -> bool:
    """Say whether a passage holds a quote or at least one half of it: chunks cut quotes."""
    text = normalise(passage.text)
    for document, quote in places:
        if document != passage.document:
            continue
        middle = len(quote) // 2
        if quote in text or quote[:middle].strip() in text or quote[middle:].strip() in text:
            return True
    return False
