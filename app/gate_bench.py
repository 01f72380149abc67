"""GateBench: what a Version scores on the present terms, found or else measured here."""

import logging
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from app.kept_scores import KeptScores, in_cache, in_folder, in_ledger
from app.measured_version import MeasuredVersion
from app.measuring_terms import MeasuringTerms
from app.remote_folder import folder_files
from app.workspace import Workspace
from eval.answers import CaseAnswer, write_answers
from eval.asking import ask_cases
from eval.identity import identify
from eval.judge import Judge
from eval.judge_panel import JudgePanel, open_judges
from eval.ledger import Ledger
from eval.recording import SCORECARD, SCORES
from eval.scores import write_scores
from eval.scoring import Scored, score_answers
from pipeline.artifact import replacing_folder, write_json
from pipeline.digest import hash_of
from pipeline.document import Document
from pipeline.documents import read_documents
from pipeline.endpoints import Endpoints
from pipeline.errors import ArtifactError
from pipeline.manifest import Manifest

ANSWERS = "answers.parquet"
_DOCUMENTS = "documents.parquet"
_SHORT = 10
_log = logging.getLogger("winnow")


class GateBench:
    """Measures Versions on one set of `terms`; what it measures is kept in folders of its own."""

    def __init__(
        self,
        place: Workspace,
        terms: MeasuringTerms,
        endpoints: Endpoints,
        ledger: Ledger | None = None,
        scorecards: Sequence[str] = (),
    ) -> None:
        """Take where measurements may stand already; nothing is opened yet.

        Args:
            place: Holds DVC's cache, its remote and Documents.
            terms: What both sides are measured on.
            endpoints: Where language models are, for Versions and judges that ask one.
            ledger: Of recorded Scorecards; None where none is to be asked.
            scorecards: DVC's ids of folders that may hold a Scorecard that no ledger knows.
        """
        self._place = place
        self.terms = terms
        self._endpoints = endpoints
        self._ledger = ledger
        self._scorecards = scorecards
        self._judges: list[Judge] | None = None

    def folder(self, version: str) -> Path:
        """Return where what is measured of a Version here is kept."""
        return self._place.scratch / "gate" / self.terms.key(version)

    def measure(self, version: str, judge: str | None = None) -> MeasuredVersion:
        """Return what a Version scores on the terms, kept from before or measured now.

        `judge` is the hash that the judge must have had, as another Scorecard names it.

        Raises:
            VersionError: the Version is absent or broken.
            ArtifactError: the Documents that it was built from cannot be read.
            EndpointError: a language model gave no reply.
        """
        obstacle = None
        for kept in self._kept(version):
            changed = self.terms.changed(kept.scorecard, judge)
            if not changed:
                scores = tuple(kept.read())
                return MeasuredVersion(kept.scorecard, scores, kept.scored, kept.measurements)
            obstacle = obstacle or f"{_listed(changed)} changed since it was scored"
        return self._measure(version, obstacle or "it was not scored before")

    def documents(self, manifest: Manifest) -> list[Document]:
        """Return the Documents that a Version was built from: evidence is looked up in them.

        Raises:
            VersionError: neither the workspace, DVC's cache nor its remote holds them.
            ArtifactError: another Winnow wrote them in a form that this one does not read.
        """
        path = self._place.documents
        if path.is_file():
            documents = read_documents(path)
            if hash_of([each.id for each in documents]) == manifest.corpus.hash:
                return documents
        folder = manifest.outputs.get("ingest", "")
        try:
            return read_documents(folder_files(self._place, folder)[_DOCUMENTS])
        except (KeyError, ArtifactError):
            raise ArtifactError(
                f"the Documents {folder} that a Version was built from are of another Winnow's "
                "form, so that it cannot be scored here; name another baseline with --against"
            ) from None

    @property
    def judges(self) -> list[Judge]:
        """The judges that params.yaml asks for, opened when first asked for."""
        if self._judges is None:
            terms, encoders = self.terms, self._place.scratch / "encoders"
            keyless, model = open_judges(terms.score, terms.judge, encoders, self._endpoints)
            self._judges = [keyless] if model is None else [keyless, model]
        return self._judges

    def _kept(self, version: str) -> Iterator[KeptScores]:
        recorded = in_ledger(self._ledger, version) if self._ledger else iter(())
        own = in_folder(self.folder(version), "answered and scored again here")
        every = chain(in_cache(self._place, self._scorecards), recorded, own)
        return (kept for kept in every if kept.scorecard.version == version)

    def _measure(self, version: str, obstacle: str) -> MeasuredVersion:
        from pipeline.answerer import open_answerer
        from pipeline.version import open_version

        count, short = len(self.terms.cases), version[:_SHORT]
        _log.info("%s: answering and scoring %d Cases here, as %s", short, count, obstacle)
        opened = open_version(folder_files(self._place, version), version)
        answers = ask_cases(
            open_answerer(opened, self._endpoints),
            self.terms.cases,
            self.terms.answer.depth,
            self._endpoints,
            opened.manifest.generation,
        )
        scored = self._score(version, opened.manifest, answers)
        self._keep(version, scored, answers)
        return MeasuredVersion(
            scored.scorecard,
            scored.scores,
            f"answered and scored again here on {count} Cases, as {obstacle}",
        )

    def _score(self, version: str, manifest: Manifest, answers: Sequence[CaseAnswer]) -> Scored:
        terms = self.terms
        return score_answers(
            terms.cases,
            self.documents(manifest),
            answers,
            JudgePanel(self.judges),
            terms.score,
            terms.judge,
            identify(version, manifest, terms.cases, terms.answer),
        )

    def _keep(self, version: str, scored: Scored, answers: Sequence[CaseAnswer]) -> None:
        with replacing_folder(self.folder(version)) as folder:
            write_json(folder / SCORECARD, scored.scorecard.model_dump(mode="json"))
            write_scores(folder / SCORES, scored.scores)
            write_answers(folder / ANSWERS, answers)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
