"""Making a GateReport: the Verdict, both sides, and the Cases in which they differ."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from app.report.report import (
    CaseChange,
    ChangedSetting,
    CitedSentence,
    FoundPassage,
    GateReport,
    GivenAnswer,
    IndexChange,
    JudgedVersion,
    MetricChange,
    StageLoss,
    Step,
    Unscored,
)
from app.report.terminal import EXIT_CODES, headline
from eval.answers.answers import CaseAnswer
from eval.answers.comparison import same_passage
from eval.cases.case import Case, Evidence
from eval.cases.normal_text import normalise
from eval.gate.effort import EFFORT
from eval.gate.verdict import CaseDifference, Finding, MeasuredVersion, Verdict
from eval.scores.scorecard import CaseSet, Score, Scorecard
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


if TYPE_CHECKING:
    from eval.blame.blame import Blame
    from eval.blame.index_difference import IndexDifference


def index_change(found: "IndexDifference") -> IndexChange:
    """Return what changed in the index, with the Cases counted."""
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


def metric_change(each: CaseDifference, blame: "Blame | None") -> MetricChange:
    """Return a Case's difference on one metric, with what blame says of it."""
    return MetricChange(
        metric=each.metric,
        baseline=each.baseline,
        candidate=each.candidate,
        difference=each.difference,
        stage=blame.stage if blame else None,
        path=tuple(Step(stage=step.stage, score=step.score) for step in blame.path)
        if blame
        else (),
    )


def stage_losses(blames: "Sequence[Blame]") -> tuple[StageLoss, ...]:
    """Return what each stage cost, metric by metric."""
    from eval.blame.blame import summarise_blame

    return tuple(
        StageLoss(metric=each.metric, stage=each.stage, cases=each.cases, cost=each.cost)
        for each in summarise_blame(blames)
    )


Side = Literal["candidate", "baseline"]


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
    metrics = list(dict.fromkeys(each.metric for each in findings))
    sides: dict[Side, Mapping[tuple[str, str], Score]] = {"candidate": _by_key(candidate)}
    if baseline is not None:
        sides["baseline"] = _by_key(baseline.scores)
    groups: dict[tuple[Side, str, str], list[str]] = {}
    for metric in metrics:
        for case in cases:
            row = {side: scores.get((case.id, metric)) for side, scores in sides.items()}
            for side, reason in _gaps(row):
                groups.setdefault((side, metric, reason), []).append(case.id)
    return tuple(
        Unscored(side=side, metric=metric, reason=reason, cases=tuple(ids))
        for (side, metric, reason), ids in groups.items()
    )


def _by_key(scores: Iterable[Score]) -> dict[tuple[str, str], Score]:
    return {(each.case_id, each.metric): each for each in scores}


def _gaps(row: Mapping[Side, Score | None]) -> list[tuple[Side, str]]:
    scored = any(each is not None and each.status == "scored" for each in row.values())
    gaps: list[tuple[Side, str]] = []
    for side, each in row.items():
        if each is None:
            if scored:
                gaps.append((side, "no score was recorded"))
        elif each.status == "failed" or (each.status == "not_applicable" and scored):
            gaps.append((side, each.reason or each.status))
    return gaps


if TYPE_CHECKING:
    from eval.blame.blame import Blame
    from eval.blame.index_difference import IndexDifference

_WITH_ANSWERS = 50

Answers = Mapping[str, CaseAnswer]


def changed_cases(verdict: Verdict) -> list[tuple[str, float]]:
    """Return the Cases that differ on a metric that is judged, worst first.

    Beside each stands the sum of its differences, below 0 where it got worse on the whole.
    """
    totals = {
        case_id: round(sum(each.difference for each in changes), 12)
        for case_id, changes in _changes(verdict).items()
    }
    return sorted(totals.items(), key=lambda item: (item[1], item[0]))


def shown_cases(verdict: Verdict) -> frozenset[str]:
    """Return the ids of the Cases that are shown with both answers: those that lost most."""
    worst = changed_cases(verdict)[:_WITH_ANSWERS]
    return frozenset(case_id for case_id, total in worst if total < 0)


def make_report(
    verdict: Verdict,
    candidate: MeasuredVersion,
    baseline: MeasuredVersion | None,
    cases: Sequence[Case],
    *,
    against: str | None = None,
    answers: tuple[Answers, Answers] = ({}, {}),
    difference: "IndexDifference | None" = None,
    blames: "Sequence[Blame]" = (),
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
        index=index_change(difference) if difference else None,
        blame=stage_losses(blames),
    )


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


def _changes(verdict: Verdict) -> dict[str, list[CaseDifference]]:
    """Map the Cases that differ to their differences on the metrics that are judged.

    What an answer took is no part of it: seconds differ each time.
    """
    judged = {each.metric for each in verdict.findings if each.rule != "floor"} - EFFORT
    by_case: dict[str, list[CaseDifference]] = {}
    for each in verdict.differences:
        if each.metric in judged:
            by_case.setdefault(each.case_id, []).append(each)
    return {
        case_id: changes
        for case_id, changes in by_case.items()
        if any(change.difference for change in changes)
    }


def _case_changes(
    verdict: Verdict,
    cases: Mapping[str, Case],
    answers: tuple[Answers, Answers],
    blames: "Sequence[Blame]",
) -> Iterator[CaseChange]:
    order = {each.metric: at for at, each in reversed(list(enumerate(verdict.findings)))}
    blamed = {(each.case_id, each.metric): each for each in blames}
    by_case, shown = _changes(verdict), shown_cases(verdict)
    for case_id, total in changed_cases(verdict):
        case = cases[case_id]
        before = after = None
        if case_id in shown:
            both = (each.get(case_id) for each in answers)
            before, after = given_answers(case, *both)
        yield CaseChange(
            id=case_id,
            question=case.question,
            reference=case.answer,
            answerable=case.answerable,
            evidence=evidence_texts(case),
            tags=case.tags,
            difference=total,
            changes=tuple(
                metric_change(each, blamed.get((case_id, each.metric)))
                for each in sorted(by_case[case_id], key=lambda each: order[each.metric])
            ),
            baseline=before,
            candidate=after,
        )
