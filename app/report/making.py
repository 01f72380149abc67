"""Making a GateReport: the Verdict, both sides, and the Cases in which they differ."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from app.report.report import (
    EXIT_CODES,
    CaseChange,
    ChangedSetting,
    FoundPassage,
    GateReport,
    GivenAnswer,
    IndexChange,
    JudgedVersion,
    MetricChange,
    Unscored,
)
from app.report.words import headline
from eval.answers.answers import CaseAnswer
from eval.answers.comparison import same_passage
from eval.blame.blame import Blame, stage_losses
from eval.cases.case import Case
from eval.cases.normal_text import normalise
from eval.gate.effort import EFFORT
from eval.gate.verdict import CaseDifference, Finding, MeasuredVersion, Verdict
from eval.scores.scorecard import CaseSet, Score, Scorecard
from pipeline.answer import Passage

if TYPE_CHECKING:
    from eval.blame.index_difference import IndexDifference

_WITH_ANSWERS = 50

Answers = Mapping[str, CaseAnswer]
Side = Literal["candidate", "baseline"]


def make_report(
    verdict: Verdict,
    candidate: MeasuredVersion,
    baseline: MeasuredVersion | None,
    cases: Sequence[Case],
    *,
    against: str | None = None,
    answers: tuple[Answers, Answers] = ({}, {}),
    difference: "IndexDifference | None" = None,
    blames: Sequence[Blame] = (),
) -> GateReport:
    """Put together what the reports show.

    Args:
        verdict: What was judged.
        candidate: The side that asks to be let through.
        baseline: The other side, None for a first release.
        cases: That both were asked.
        against: How the baseline was asked for.
        answers: Of baseline and candidate by Case id, as far as at hand.
        difference: Of the two indexes.
        blames: The stages at which Cases lost.
    """
    return GateReport(
        outcome=verdict.outcome,
        headline=headline(verdict),
        exit_code=EXIT_CODES[verdict.outcome],
        against=against,
        candidate=_judged(candidate),
        baseline=_judged(baseline) if baseline else None,
        judge=candidate.scorecard.judge,
        case_set=_case_set(candidate.scorecard, baseline, len(cases)),
        settings=_changed_settings(candidate, baseline),
        findings=verdict.findings,
        changes=tuple(_case_changes(verdict, {each.id: each for each in cases}, answers, blames)),
        unscored=unscored_cases(verdict.findings, cases, candidate.scores, baseline),
        notes=verdict.notes,
        index=_index_change(difference) if difference else None,
        blame=stage_losses(blames),
    )


def shown_cases(verdict: Verdict) -> frozenset[str]:
    """Return the ids of the Cases that are shown with both answers: those that lost most."""
    worst = _changed_cases(verdict)[:_WITH_ANSWERS]
    return frozenset(case_id for case_id, total, _ in worst if total < 0)


def _judged(side: MeasuredVersion) -> JudgedVersion:
    card = side.scorecard
    return JudgedVersion(
        version=card.version, engine=card.engine, corpus=card.corpus, scored=side.scored
    )


def _case_set(card: Scorecard, baseline: MeasuredVersion | None, count: int) -> CaseSet:
    theirs = baseline.scorecard.cases.orphans if baseline else ()
    orphans = tuple(dict.fromkeys((*card.cases.orphans, *theirs)))
    return CaseSet(hash=card.cases.hash, count=count, orphans=orphans)


def _changed_settings(
    candidate: MeasuredVersion, baseline: MeasuredVersion | None
) -> tuple[ChangedSetting, ...]:
    if baseline is None:
        return ()
    own, theirs = candidate.scorecard.settings, baseline.scorecard.settings
    return tuple(
        ChangedSetting(name=name, baseline=theirs.get(name), candidate=own.get(name))
        for name in sorted(own.keys() | theirs.keys())
        if own.get(name) != theirs.get(name)
    )


def _changed_cases(verdict: Verdict) -> list[tuple[str, float, list[CaseDifference]]]:
    """Return the Cases that differ on a metric that is judged, worst first.

    Beside each stand the sum of its differences, below 0 where it got worse on the whole, and the
    differences. What an answer took is no part of it: seconds differ each time.
    """
    judged = {each.metric for each in verdict.findings if each.rule != "floor"} - EFFORT
    by_case: dict[str, list[CaseDifference]] = {}
    for each in verdict.differences:
        if each.metric in judged:
            by_case.setdefault(each.case_id, []).append(each)
    changed = [
        (case_id, round(sum(each.difference for each in changes), 12), changes)
        for case_id, changes in by_case.items()
        if any(each.difference for each in changes)
    ]
    return sorted(changed, key=lambda item: (item[1], item[0]))


def _case_changes(
    verdict: Verdict,
    cases: Mapping[str, Case],
    answers: tuple[Answers, Answers],
    blames: Sequence[Blame],
) -> Iterator[CaseChange]:
    order = {each.metric: at for at, each in reversed(list(enumerate(verdict.findings)))}
    blamed = {(each.case_id, each.metric): each for each in blames}
    shown = shown_cases(verdict)
    for case_id, total, changes in _changed_cases(verdict):
        case = cases[case_id]
        before, after = (each.get(case_id) if case_id in shown else None for each in answers)
        yield CaseChange(
            id=case_id,
            question=case.question,
            reference=case.answer,
            answerable=case.answerable,
            evidence=tuple(
                f"{each.document}: “{each.quote}”" if each.quote else each.document
                for each in case.evidence
            ),
            tags=case.tags,
            difference=total,
            changes=tuple(
                _metric_change(each, blamed.get((case_id, each.metric)))
                for each in sorted(changes, key=lambda each: order[each.metric])
            ),
            baseline=given_answer(case, before, after),
            candidate=given_answer(case, after, before),
        )


def _metric_change(each: CaseDifference, blame: Blame | None) -> MetricChange:
    return MetricChange(
        metric=each.metric,
        baseline=each.baseline,
        candidate=each.candidate,
        difference=each.difference,
        stage=blame.stage if blame else None,
        path=blame.path if blame else (),
    )


def given_answer(
    case: Case, own: CaseAnswer | None, other: CaseAnswer | None
) -> GivenAnswer | None:
    """Return what one side answered, beside the other's answer; None where it is not at hand."""
    if own is None:
        return None
    if own.answer is None:
        return GivenAnswer(sentences=(), passages=(), error=own.error or "no answer")
    theirs = other.answer.passages if other is not None and other.answer is not None else None
    named = [named for each in case.evidence for named in (each, *each.alternatives)]
    quotes = [(each.document, normalise(each.quote or "").strip()) for each in named]
    return GivenAnswer(
        sentences=own.answer.sentences,
        passages=tuple(_found(each, theirs, quotes) for each in own.answer.passages),
    )


def _found(
    passage: Passage, theirs: Sequence[Passage] | None, quotes: Sequence[tuple[str, str]]
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
        evidence=_holds(passage, quotes),
    )


def _holds(passage: Passage, quotes: Sequence[tuple[str, str]]) -> bool:
    """Say whether a passage holds a quote or at least one half of it: chunks cut quotes.

    `quotes` are by document; of one whose whole text is evidence it is empty.
    """
    text = normalise(passage.text)
    for document, quote in quotes:
        middle = len(quote) // 2
        halves = (quote[:middle].strip(), quote[middle:].strip())
        if document == passage.document and any(each in text for each in (quote, *halves)):
            return True
    return False


def unscored_cases(
    findings: Iterable[Finding],
    cases: Sequence[Case],
    candidate: Sequence[Score],
    baseline: MeasuredVersion | None,
) -> tuple[Unscored, ...]:
    """Group the Cases without a score by side, metric and reason, for the metrics judged.

    A metric that applies to a Case on neither side is no gap; one that failed, or that only the
    other side scored, is.
    """
    given: dict[Side, Iterable[Score]] = {"candidate": candidate}
    if baseline is not None:
        given["baseline"] = baseline.scores
    sides = {
        side: {(each.case_id, each.metric): each for each in scores}
        for side, scores in given.items()
    }
    groups: dict[tuple[Side, str, str], list[str]] = {}
    for metric in dict.fromkeys(each.metric for each in findings):
        for case in cases:
            row = {side: scores.get((case.id, metric)) for side, scores in sides.items()}
            for side, reason in _gaps(row):
                groups.setdefault((side, metric, reason), []).append(case.id)
    return tuple(
        Unscored(side=side, metric=metric, reason=reason, cases=tuple(ids))
        for (side, metric, reason), ids in groups.items()
    )


def _gaps(row: Mapping[Side, Score | None]) -> Iterator[tuple[Side, str]]:
    scored = any(each is not None and each.status == "scored" for each in row.values())
    for side, each in row.items():
        if each is None:
            if scored:
                yield side, "no score was recorded"
        elif each.status == "failed" or (each.status == "not_applicable" and scored):
            yield side, each.reason or each.status


def _index_change(found: "IndexDifference") -> IndexChange:
    whys = Counter(each.why for each in found.cases if each.why is not None)
    return IndexChange(
        stages=found.stages,
        kept=found.chunks.kept,
        added=found.chunks.added,
        removed=found.chunks.removed,
        documents_kept=found.documents.kept,
        documents_changed=found.documents.changed,
        documents_added=found.documents.added,
        documents_removed=found.documents.removed,
        cases=len(found.cases),
        can_change=found.can_change,
        why=dict(sorted(whys.items())),
        overlap=found.overlap,
    )
