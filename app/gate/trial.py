"""Gate trial: both sides measured, judged and explained, up to the report on them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.gate.bench import GateBench, present_terms
from app.gate.sides import GateSides
from app.library import open_endpoints
from app.report.making import Answers, make_report, shown_cases
from app.report.report import GateReport
from app.storage.version_objects import folder_files
from app.workspace.git import Revision
from app.workspace.workspace import Workspace
from eval.cases.case import Case, read_cases
from eval.gate.effort import (
    EFFORT,
    LATENCY,
    SPENDING,
    guarded_effort,
    spending_scores,
    time_both,
)
from eval.gate.gate import judge_candidate
from eval.gate.verdict import CaseDifference, MeasuredVersion, Verdict
from eval.params import GateParams
from eval.scores.scorecard import Score
from pipeline.errors import PrerequisiteError, WinnowError
from pipeline.params import read_section

if TYPE_CHECKING:
    from eval.blame.blame import Blame
    from eval.blame.index_difference import IndexDifference
    from pipeline.versions.version import Version

Explained = tuple["Version", "Version"]
"""Baseline and candidate, open, between which the differences are to be explained."""

_INCONCLUSIVE = {
    "block": "inconclusive blocks, as `gate.on_inconclusive` says: measure more Cases",
    "review": "inconclusive, so a reviewer decides, as `gate.on_inconclusive` says",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate found; the candidate's scores stand in `folder` if they were measured here."""

    verdict: Verdict
    candidate: MeasuredVersion
    baseline: MeasuredVersion | None
    report: GateReport
    folder: Path


def judge_sides(workspace: Workspace, sides: GateSides, *, explained: bool) -> Judgement:
    """Judge a candidate; whatever was scored on other terms is answered and scored again first.

    Where it is to be `explained`, it is also said what differs, and which stage lost each Case.

    Raises:
        PrerequisiteError: the workspace has no Cases, or the two sides cannot be compared.
        VersionError: a Version that must be measured is absent or broken.
        EndpointError: a language model gave no reply.
    """
    params = read_section(workspace.params, "gate", GateParams)
    if workspace.cases is None:
        raise PrerequisiteError(
            f"{workspace.root} has no Cases; give `winnow run --raw` --cases FILE"
        )
    terms = present_terms(workspace.params, read_cases(workspace.cases))
    locked: list[Workspace | Revision] = [workspace]
    if sides.revision is not None:
        locked.append(sides.revision)
    scorecards = [each.scorecard for each in locked if each.scorecard is not None]
    answers = [each.answers for each in locked if each.answers is not None]
    with open_endpoints(workspace) as endpoints:
        bench = GateBench(workspace, terms, endpoints, sides.ledger, scorecards, answers)
        if not explained or sides.baseline in (None, sides.candidate):
            return _judge(bench, sides, params, None)
        versions = bench.open(sides.baseline), bench.open(sides.candidate)
        return _judge(bench, sides, params, versions)


def _judge(
    bench: GateBench, sides: GateSides, params: GateParams, explained: "Explained | None"
) -> Judgement:
    # Indexes are compared before any language model is paid.
    difference = _difference(bench, explained) if explained else None
    candidate, baseline = _measure(bench, sides)
    cases, effort = bench.terms.cases, _effort(bench, params, candidate, baseline)
    verdict = judge_candidate(
        candidate.scorecard,
        (*candidate.scores, *effort[1]),
        baseline.scorecard if baseline else None,
        (*baseline.scores, *effort[0]) if baseline else (),
        cases,
        params,
    )
    blames, unblamed = _blames(bench, explained, verdict.differences) if explained else ((), ())
    notes = (*verdict.notes, *unblamed, *_notes(verdict, sides, params))
    verdict = replace(verdict, notes=notes)
    answers: tuple[Answers, Answers] = ({}, {})
    if explained and baseline and (ids := shown_cases(verdict)):
        shown = [case for case in cases if case.id in ids]
        answers = bench.answers(baseline, shown), bench.answers(candidate, shown)
    report = make_report(
        verdict,
        candidate,
        baseline,
        cases,
        against=sides.against,
        answers=answers,
        difference=difference,
        blames=blames,
    )
    return Judgement(verdict, candidate, baseline, report, bench.folder(sides.candidate))


def _difference(bench: GateBench, explained: "Explained") -> "IndexDifference":
    """Compare the indexes and what they find for each Case; no language model is asked."""
    from eval.blame.index_difference import compare_indexes

    terms = bench.terms
    return compare_indexes(
        *explained, terms.cases, terms.score, terms.answer.depth, bench.endpoints
    )


def _measure(bench: GateBench, sides: GateSides) -> tuple[MeasuredVersion, MeasuredVersion | None]:
    candidate = bench.measure(sides.candidate)
    if sides.baseline in (None, sides.candidate):
        return candidate, candidate if sides.baseline else None
    baseline = bench.measure(sides.baseline, candidate.scorecard.judge)
    if baseline.scorecard.judge != candidate.scorecard.judge:
        # The judge changed after the candidate was scored: the present one scored the baseline.
        candidate = bench.measure(sides.candidate, baseline.scorecard.judge)
    return candidate, baseline


def _effort(
    bench: GateBench,
    params: GateParams,
    candidate: MeasuredVersion,
    baseline: MeasuredVersion | None,
) -> tuple[list[Score], list[Score]]:
    """Return what the baseline and the candidate took, as far as a guard asks."""
    scores: tuple[list[Score], list[Score]] = ([], [])
    asked = guarded_effort(params)
    if baseline is None or not asked:
        return scores
    cases = bench.terms.cases
    if asked.intersection(SPENDING):
        for side, found in zip((baseline, candidate), scores, strict=True):
            found += spending_scores(asked, cases, bench.answers(side, cases))
    if LATENCY in asked:
        versions = [bench.open(each.version) for each in (baseline, candidate)]
        for found, timed in zip(scores, _timed(cases, *versions), strict=True):
            found += timed
    return scores


def _timed(
    cases: Sequence[Case], baseline: "Version", candidate: "Version"
) -> tuple[list[Score], list[Score]]:
    from pipeline.answerer import open_answerer

    if baseline.manifest.providers or candidate.manifest.providers:
        reason = "stored replies do not say how long a language model takes"
        untimed = [Score.failed(case.id, LATENCY, reason) for case in cases]
        return untimed, untimed
    return time_both(cases, open_answerer(baseline), open_answerer(candidate))


def _blames(
    bench: GateBench, explained: "Explained", differences: Sequence[CaseDifference]
) -> "tuple[tuple[Blame, ...], tuple[str, ...]]":
    """Blame a stage for each Case that lost; what cannot be mixed leaves a note instead.

    A Verdict stands without its explanation.
    """
    from eval.blame.blame import explain
    from eval.blame.remeasurement import Remeasurement
    from eval.blame.version_mix import VersionMix
    from pipeline.versions.store import VersionStore

    lost = [each for each in differences if each.difference < 0 and each.metric not in EFFORT]
    if not lost:
        return (), ()
    workspace, terms, endpoints = bench.workspace, bench.terms, bench.endpoints
    try:
        for version in explained:
            # Brought from the remote, if DVC's cache lacks them.
            folder_files(workspace, version.manifest.outputs.get("ingest", ""))
        outputs = VersionStore(workspace.cache)
        mix = VersionMix(*explained, outputs, workspace.scratch, endpoints)
        again = Remeasurement(
            outputs, terms.cases, bench.judges, terms.score, terms.answer.depth, endpoints
        )
        return explain(mix, lost, again), ()
    except WinnowError as error:
        return (), (f"no stage is blamed: {error}",)


def _notes(verdict: Verdict, sides: GateSides, params: GateParams) -> list[str]:
    notes = []
    if verdict.outcome == "inconclusive":
        notes.append(_INCONCLUSIVE[params.on_inconclusive])
    if sides.baseline == sides.candidate:
        notes.append("candidate and baseline are one and the same Version")
    return notes
