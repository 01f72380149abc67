"""GateTrial: one candidate measured, compared and explained, up to its report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.gate.bench import ANSWERS, GateBench, answers_again, kept_answers, present_terms
from app.gate.sides import GateSides
from app.library import open_endpoints
from app.report.making import make_report, shown_cases
from app.report.report import GateReport
from app.storage.version_objects import folder_files
from app.workspace.workspace import Workspace
from eval.answers.answers import CaseAnswer
from eval.cases.case import Case, read_cases
from eval.gate.effort import (
    EFFORT,
    LATENCY,
    SPENDING,
    guarded_effort,
    not_timed,
    spending_scores,
    time_both,
)
from eval.gate.verdict import CaseDifference, MeasuredVersion, Verdict
from eval.params import GateParams
from eval.scores.scorecard import Score
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import PrerequisiteError, VersionError, WinnowError
from pipeline.params import read_section
from pipeline.versions.store import VersionStore

if TYPE_CHECKING:
    from eval.blame.blame import Blame
    from eval.blame.index_difference import IndexDifference
    from pipeline.versions.version import Version


@dataclass(frozen=True, slots=True)
class GateExplanation:
    """As much as could be found out; `notes` say why not more."""

    difference: "IndexDifference | None" = None
    blames: "tuple[Blame, ...]" = ()
    notes: tuple[str, ...] = ()


def compare_sides(
    bench: GateBench, baseline: "Version", candidate: "Version", endpoints: Endpoints
) -> "IndexDifference":
    """Compare indexes and what they find for each Case; no language model is asked.

    Raises:
        WinnowError: an encoder cannot be reached.
    """
    from eval.blame.index_difference import compare_indexes

    terms = bench.terms
    depth = terms.answer.depth
    return compare_indexes(baseline, candidate, terms.cases, terms.score, depth, endpoints)


def blame_stages(
    workspace: Workspace,
    bench: GateBench,
    sides: "tuple[Version, Version]",
    differences: Sequence[CaseDifference],
    endpoints: Endpoints,
) -> GateExplanation:
    """Mix the stages of baseline and candidate, to blame one for each Case that lost.

    What cannot be mixed leaves a note: a Verdict stands without its explanation.
    """
    from eval.blame.blame import explain
    from eval.blame.remeasurement import Remeasurement
    from eval.blame.version_mix import VersionMix
    from pipeline.versions.store import StageOutputs

    lost = [each for each in differences if each.difference < 0 and each.metric not in EFFORT]
    if not lost:
        return GateExplanation()
    terms, depth = bench.terms, bench.terms.answer.depth
    try:
        for version in sides:
            folder_files(workspace, version.manifest.outputs.get("ingest", ""))
        outputs = StageOutputs(VersionStore(workspace.cache))
        mix = VersionMix(*sides, outputs, workspace.scratch, endpoints)
        again = Remeasurement(outputs, terms.cases, bench.judges, terms.score, depth, endpoints)
        return GateExplanation(blames=explain(mix, lost, again))
    except WinnowError as error:
        return GateExplanation(notes=(f"no stage is blamed: {error}",))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate found; `folder` is where the candidate's scores stand if measured here."""

    verdict: Verdict
    candidate: MeasuredVersion
    baseline: MeasuredVersion | None
    report: GateReport
    folder: Path


if TYPE_CHECKING:
    from eval.blame.index_difference import IndexDifference
    from pipeline.versions.version import Version

_INCONCLUSIVE = {
    "block": "inconclusive blocks, as `gate.on_inconclusive` says: measure more Cases",
    "review": "inconclusive, so a reviewer decides, as `gate.on_inconclusive` says",
}


class GateTrial:
    """Judges the sides that were chosen; `explained` looks for what differs and which stage lost.

    The differences between the indexes are found first, before any language model is paid.
    """

    def __init__(
        self,
        workspace: Workspace,
        sides: GateSides,
        params: GateParams,
        bench: GateBench,
        endpoints: Endpoints,
        *,
        explained: bool,
    ) -> None:
        """Take the sides, what is asked of them, and the bench that measures; opens nothing."""
        self._workspace = workspace
        self._sides = sides
        self._params = params
        self._bench = bench
        self._endpoints = endpoints
        self._explained = explained and sides.baseline not in (None, sides.candidate)
        self._opened: dict[str, Version] = {}

    def judge(self) -> Judgement:
        """Judge and explain.

        Raises:
            VersionError: a Version that must be measured is absent or broken.
            EndpointError: a language model gave no reply.
            PrerequisiteError: the two sides cannot be compared.
        """
        from eval.gate.gate import judge_candidate

        difference = self._difference() if self._explained else None
        candidate, baseline = self._measured()
        cases = self._bench.terms.cases
        effort = self._effort(candidate, baseline)
        verdict = judge_candidate(
            candidate.scorecard,
            (*candidate.scores, *effort[1]),
            baseline.scorecard if baseline else None,
            (*baseline.scores, *effort[0]) if baseline else (),
            cases,
            self._params,
        )
        explanation = self._explanation(verdict)
        notes = (*verdict.notes, *explanation.notes, *self._notes(verdict))
        verdict = replace(verdict, notes=notes)
        report = make_report(
            verdict,
            candidate,
            baseline,
            cases,
            against=self._sides.against,
            answers=self._shown(verdict, candidate, baseline),
            difference=difference,
            blames=explanation.blames,
        )
        folder = self._bench.folder(self._sides.candidate)
        return Judgement(verdict, candidate, baseline, report, folder)

    def _measured(self) -> tuple[MeasuredVersion, MeasuredVersion | None]:
        candidate = self._bench.measure(self._sides.candidate)
        if self._sides.baseline in (None, self._sides.candidate):
            return candidate, candidate if self._sides.baseline else None
        baseline = self._bench.measure(self._sides.baseline, candidate.scorecard.judge)
        if baseline.scorecard.judge != candidate.scorecard.judge:
            # The judge changed after the candidate was scored: the present one scored the baseline.
            candidate = self._bench.measure(self._sides.candidate, baseline.scorecard.judge)
        return candidate, baseline

    def _effort(
        self, candidate: MeasuredVersion, baseline: MeasuredVersion | None
    ) -> tuple[list[Score], list[Score]]:
        """Return what the baseline and the candidate took, as far as a guard asks."""
        asked = guarded_effort(self._params) if baseline else frozenset()
        scores: tuple[list[Score], list[Score]] = ([], [])
        if baseline is None or not asked:
            return scores
        cases = self._bench.terms.cases
        if asked.intersection(SPENDING):
            for side, found in zip((baseline, candidate), scores, strict=True):
                found += spending_scores(asked, cases, self._answers(side, cases))
        if LATENCY in asked:
            for timed, found in zip(self._timed(cases), scores, strict=True):
                found += timed
        return scores

    def _timed(self, cases: Sequence[Case]) -> tuple[list[Score], list[Score]]:
        from pipeline.answerer import open_answerer

        versions = self._versions()
        if any(each.manifest.providers for each in versions):
            reason = "stored replies do not say how long a language model takes"
            return not_timed(cases, reason), not_timed(cases, reason)
        return time_both(cases, *(open_answerer(each) for each in versions))

    def _difference(self) -> "IndexDifference":
        return compare_sides(self._bench, *self._versions(), self._endpoints)

    def _explanation(self, verdict: Verdict) -> GateExplanation:
        if not self._explained:
            return GateExplanation()
        return blame_stages(
            self._workspace, self._bench, self._versions(), verdict.differences, self._endpoints
        )

    def _notes(self, verdict: Verdict) -> list[str]:
        notes = []
        if verdict.outcome == "inconclusive":
            notes.append(_INCONCLUSIVE[self._params.on_inconclusive])
        if self._sides.baseline == self._sides.candidate:
            notes.append("candidate and baseline are one and the same Version")
        return notes

    def _shown(
        self, verdict: Verdict, candidate: MeasuredVersion, baseline: MeasuredVersion | None
    ) -> tuple[Mapping[str, CaseAnswer], Mapping[str, CaseAnswer]]:
        """Return the answers of baseline and candidate to the Cases that a report shows whole."""
        ids = shown_cases(verdict)
        if baseline is None or not ids or not self._explained:
            return {}, {}
        wanted = [case for case in self._bench.terms.cases if case.id in ids]
        return self._answers(baseline, wanted), self._answers(candidate, wanted)

    def _answers(self, side: MeasuredVersion, wanted: Sequence[Case]) -> Mapping[str, CaseAnswer]:
        from pipeline.answerer import open_answerer

        kept = kept_answers(side.scorecard, self._answer_folders(side.version))
        if kept is not None:
            return kept
        try:
            answerer = open_answerer(self._version(side.version), self._endpoints)
        except VersionError:
            return {}
        return answers_again(answerer, wanted, self._endpoints)

    def _answer_folders(self, version: str) -> Iterator[Mapping[str, Path]]:
        """Yield where the answers of a Version may be kept, nearest first."""
        own = self._bench.folder(version) / ANSWERS
        if own.is_file():
            yield {ANSWERS: own}
        revision = self._sides.revision
        for folder in (self._workspace.answers, revision.answers if revision else None):
            if folder is not None:
                try:
                    yield folder_files(self._workspace, folder)
                except VersionError:
                    continue

    def _versions(self) -> "tuple[Version, Version]":
        return self._version(self._sides.baseline or ""), self._version(self._sides.candidate)

    def _version(self, version: str) -> "Version":
        from pipeline.versions.version import open_version

        if version not in self._opened:
            self._opened[version] = open_version(folder_files(self._workspace, version), version)
        return self._opened[version]


def judge_sides(workspace: Workspace, sides: GateSides, *, explained: bool) -> Judgement:
    """Judge a candidate; whatever was scored on other terms is answered and scored again first.

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
    locked = [workspace.scorecard, sides.revision.scorecard if sides.revision else None]
    scorecards = [each for each in dict.fromkeys(locked) if each is not None]
    with open_endpoints(workspace) as endpoints:
        bench = GateBench(workspace, terms, endpoints, sides.ledger, scorecards)
        return GateTrial(workspace, sides, params, bench, endpoints, explained=explained).judge()
