"""GateTrial: one candidate measured, compared and explained, up to its report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.effort_scores import (
    LATENCY,
    SPENDING,
    guarded_effort,
    not_timed,
    spending_scores,
    time_both,
)
from app.gate_bench import ANSWERS, GateBench
from app.gate_explanation import GateExplanation, blame_stages, compare_sides
from app.gate_report.report_making import make_report, shown_cases
from app.gate_sides import GateSides
from app.judgement import Judgement
from app.kept_answers import answers_again, kept_answers
from app.measured_version import MeasuredVersion
from app.remote_folder import folder_files
from app.workspace import Workspace
from eval.answers import CaseAnswer
from eval.case import Case
from eval.params import GateParams
from eval.score import Score
from eval.verdict import Verdict
from pipeline.endpoints import Endpoints
from pipeline.errors import VersionError

if TYPE_CHECKING:
    from eval.index_difference import IndexDifference
    from pipeline.version import Version

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
        place: Workspace,
        sides: GateSides,
        params: GateParams,
        bench: GateBench,
        endpoints: Endpoints,
        *,
        explained: bool,
    ) -> None:
        """Take the sides, what is asked of them, and the bench that measures; opens nothing."""
        self._place = place
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
        from eval.gate import judge_candidate

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
            self._place, self._bench, self._versions(), verdict.differences, self._endpoints
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
        for folder in (self._place.answers, revision.answers if revision else None):
            if folder is not None:
                try:
                    yield folder_files(self._place, folder)
                except VersionError:
                    continue

    def _versions(self) -> "tuple[Version, Version]":
        return self._version(self._sides.baseline or ""), self._version(self._sides.candidate)

    def _version(self, version: str) -> "Version":
        from pipeline.version import open_version

        if version not in self._opened:
            self._opened[version] = open_version(folder_files(self._place, version), version)
        return self._opened[version]
