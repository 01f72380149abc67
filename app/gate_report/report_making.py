"""Making a GateReport: the Verdict, both sides, and the Cases in which they differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from app.effort_scores import EFFORT
from app.gate_report.case_comparison import evidence_texts, given_answers
from app.gate_report.explanation import index_change, metric_change, stage_losses
from app.gate_report.headline import EXIT_CODES, headline
from app.gate_report.report import (
    CaseChange,
    CaseSet,
    ChangedSetting,
    GateReport,
    JudgedVersion,
)
from app.gate_report.unscored_cases import unscored_cases
from app.measured_version import MeasuredVersion
from eval.answers import CaseAnswer
from eval.case import Case
from eval.scorecard import Scorecard
from eval.verdict import CaseDifference, Verdict

if TYPE_CHECKING:
    from eval.blame import Blame
    from eval.index_difference import IndexDifference

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
