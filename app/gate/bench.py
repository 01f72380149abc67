"""GateBench: what a Version scores and answers on the present terms, found or else measured here.

A measurement counts as long as nothing changed that it was made on: the Cases, the judge, the
engine, the settings of measuring. It is looked for in DVC's cache and remote, in the ledger, and
in the bench's own folders under `.winnow/gate`; otherwise the Version is answered and scored here.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from app.display.scorecards import short_id
from app.storage.version_objects import folder_files
from app.workspace.workspace import Workspace
from eval.answers.answers import CaseAnswer, read_answers, write_answers
from eval.answers.asking import ask_cases
from eval.answers.identity import identify, read_identity
from eval.cases.case import Case, case_set_hash
from eval.gate.verdict import AS_RECORDED, MeasuredVersion
from eval.judges.judge import Judge
from eval.judges.panel import JudgePanel, open_judges
from eval.ledger.ledger import Ledger, Record
from eval.ledger.recording import SCORECARD, SCORES, read_scorecard
from eval.params import AnswerParams, JudgeParams, ScoreParams
from eval.scores.scorecard import Scorecard, measures, read_scores, write_scores
from eval.scoring import score_answers
from pipeline.documents.document import Document
from pipeline.documents.document_table import DOCUMENT_ROWS
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import ArtifactError, EndpointError, VersionError, WinnowError
from pipeline.files import folder_files as files_below
from pipeline.files import hash_of, replacing_folder, write_json
from pipeline.params import read_section
from pipeline.versions.manifest import Manifest, flatten

if TYPE_CHECKING:
    from pipeline.answerer import Answerer
    from pipeline.versions.version import Version

ANSWERS = "answers.parquet"
_ANSWERED = "meta.json"
_DOCUMENTS = "documents.parquet"
_SHOWN = 3
_log = logging.getLogger("winnow")


@dataclass(frozen=True, slots=True)
class MeasuringTerms:
    """What is measured on here and now; `judge` is left to whoever opens one, which takes time."""

    cases: tuple[Case, ...]
    cases_hash: str
    engine: str
    answer: AnswerParams
    score: ScoreParams
    judge: JudgeParams

    def changed(self, card: Scorecard, judge: str | None = None) -> list[str]:
        """Name what changed since a Scorecard was made; empty if it was made on these terms.

        `judge` is the hash that the Scorecard's judge must have; None asks for none.
        """
        names = []
        if card.cases.hash != self.cases_hash:
            names.append("the Cases")
        if judge is not None and card.judge != judge:
            names.append("the judge")
        if card.engine != self.engine:
            names.append("the engine")
        # A judge that was not asked has recorded no setting but its provider.
        present = self._settings
        needed = {name for name in present if not name.startswith("judge.")}
        named = needed | {name for name in card.settings if measures(name)}
        settings = sorted(name for name in named if card.settings.get(name) != present.get(name))
        more = [f"{len(settings) - _SHOWN} more settings"] if len(settings) > _SHOWN else []
        return names + settings[:_SHOWN] + more

    def key(self, version: str) -> str:
        """Hash what a measurement is kept by; its judge is compared when it is read."""
        return hash_of([version, self.engine, self.cases_hash, self._settings])

    @property
    def _settings(self) -> dict[str, str | int | float | bool]:
        sections = {"answer": self.answer, "score": self.score, "judge": self.judge}
        return flatten({name: each.model_dump(mode="json") for name, each in sections.items()})


def present_terms(params: Path, cases: tuple[Case, ...]) -> MeasuringTerms:
    """Return the terms that params.yaml, the Cases and the code give now.

    Raises:
        ParamsError: a section is missing or impossible.
    """
    from pipeline.engine import current_engine

    return MeasuringTerms(
        cases=cases,
        cases_hash=case_set_hash(cases),
        engine=current_engine().hash,
        answer=read_section(params, "answer", AnswerParams),
        score=read_section(params, "score", ScoreParams),
        judge=read_section(params, "judge", JudgeParams),
    )


@dataclass
class GateBench:
    """Opens, measures and asks Versions on one set of terms; nothing is opened before it is needed.

    Measurements may stand already in a ledger, None where none is to be asked, and in folders that
    DVC knows by id: `scorecards` that no ledger knows, and the `answer_folders` behind them.
    """

    workspace: Workspace
    terms: MeasuringTerms
    endpoints: Endpoints
    ledger: Ledger | None = None
    scorecards: Sequence[str] = ()
    answer_folders: Sequence[str] = ()
    _opened: dict[str, "Version"] = field(default_factory=dict)

    def measure(self, version: str, judge: str | None = None) -> MeasuredVersion:
        """Return what a Version scores on the terms, kept from before or measured now.

        `judge` is the hash that the judge must have had, as another Scorecard names it.

        Raises:
            VersionError: the Version is absent or broken.
            ArtifactError: the Documents that it was built from cannot be read.
            EndpointError: a language model gave no reply.
        """
        obstacle = None
        recorded = in_ledger(self.ledger, version) if self.ledger else ()
        own = in_folder(self.folder(version), "answered and scored again here")
        for card, read in chain(in_cache(self.workspace, self.scorecards), recorded, own):
            if card.version == version:
                changed = self.terms.changed(card, judge)
                if not changed:
                    return read()
                obstacle = obstacle or f"{_listed(changed)} changed since it was scored"
        return self._measure(version, obstacle or "it was not scored before")

    def _measure(self, version: str, obstacle: str) -> MeasuredVersion:
        terms = self.terms
        count = len(terms.cases)
        _log.info(
            "%s: answering and scoring %d Cases here, as %s", short_id(version), count, obstacle
        )
        manifest = self.open(version).manifest
        answers = ask_cases(
            self._answerer(version),
            terms.cases,
            terms.answer.depth,
            self.endpoints,
            manifest.generation,
        )
        scored = score_answers(
            terms.cases,
            self.documents(manifest),
            answers,
            JudgePanel(self.judges),
            terms.score,
            terms.judge,
            identify(version, manifest, terms.cases, terms.answer),
        )
        with replacing_folder(self.folder(version)) as folder:
            write_json(folder / SCORECARD, scored.scorecard.model_dump(mode="json"))
            write_scores(folder / SCORES, scored.scores)
            write_answers(folder / ANSWERS, answers)
        how = f"answered and scored again here on {count} Cases, as {obstacle}"
        return MeasuredVersion(scored.scorecard, scored.scores, how)

    def folder(self, version: str) -> Path:
        """Return where what is measured of a Version here is kept."""
        return self.workspace.scratch / "gate" / self.terms.key(version)

    def open(self, version: str) -> "Version":
        """Return a Version, opened when first asked for.

        Raises:
            VersionError: it is absent or broken.
        """
        from pipeline.versions.version import open_version

        if version not in self._opened:
            files = folder_files(self.workspace, version)
            self._opened[version] = open_version(files, version)
        return self._opened[version]

    def documents(self, manifest: Manifest) -> list[Document]:
        """Return the Documents that a Version was built from: evidence is looked up in them.

        Raises:
            VersionError: neither the workspace, DVC's cache nor its remote holds them.
            ArtifactError: another Winnow wrote them in a form that this one does not read.
        """
        path = self.workspace.documents
        if path.is_file():
            documents = DOCUMENT_ROWS.read(path)
            if hash_of([each.id for each in documents]) == manifest.corpus.hash:
                return documents
        folder = manifest.outputs.get("ingest", "")
        try:
            return DOCUMENT_ROWS.read(folder_files(self.workspace, folder)[_DOCUMENTS])
        except (KeyError, ArtifactError):
            raise ArtifactError(
                f"the Documents {folder} that a Version was built from are of another Winnow's "
                "form, so that it cannot be scored here; name another baseline with --against"
            ) from None

    @cached_property
    def judges(self) -> list[Judge]:
        """The judges that params.yaml asks for, opened when first asked for."""
        terms, encoders = self.terms, self.workspace.scratch / "encoders"
        keyless, model = open_judges(terms.score, terms.judge, encoders, self.endpoints)
        return [keyless] if model is None else [keyless, model]

    def answers(self, side: MeasuredVersion, cases: Sequence[Case]) -> dict[str, CaseAnswer]:
        """Return the answers behind a measurement by Case id, as far as they cost nothing."""
        recorded = recorded_answers(side.scorecard, self._answer_folders(side.version))
        if recorded is not None:
            return recorded
        try:
            answerer = self._answerer(side.version)
        except VersionError:
            return {}
        return answers_again(answerer, cases, self.endpoints)

    def _answer_folders(self, version: str) -> Iterator[Mapping[str, Path]]:
        """Yield where the answers of a Version may be kept, nearest first."""
        own = self.folder(version) / ANSWERS
        if own.is_file():
            yield {ANSWERS: own}
        for folder in self.answer_folders:
            try:
                yield folder_files(self.workspace, folder)
            except VersionError:
                continue

    def _answerer(self, version: str) -> "Answerer":
        from pipeline.answerer import open_answerer

        return open_answerer(self.open(version), self.endpoints)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


Recorded = tuple[Scorecard, Callable[[], MeasuredVersion]]
"""A Scorecard, and what reads the scores behind it once they are asked for."""


def in_cache(workspace: Workspace, folders: Sequence[str]) -> Iterator[Recorded]:
    """Yield the Scorecards that DVC keeps under these ids, in its cache or its remote."""
    for folder in folders:
        try:
            yield _of_files(folder_files(workspace, folder), AS_RECORDED)
        except (VersionError, ArtifactError):
            # A clone without its data, or of another format: the Version is measured again.
            continue


def in_ledger(ledger: Ledger, version: str) -> Iterator[Recorded]:
    """Yield what a ledger has of a Version, newest first.

    Raises:
        LedgerError: it cannot be reached.
    """
    for record in ledger.records():
        if record.scorecard.version == version:
            yield record.scorecard, partial(_of_record, ledger, record)


def in_folder(folder: Path, scored: str) -> Iterator[Recorded]:
    """Yield the Scorecard in a folder, if there is one that can be read."""
    if folder.is_dir():
        try:
            yield _of_files(files_below(folder), scored)
        except ArtifactError:
            return


def _of_files(files: Mapping[str, Path], scored: str) -> Recorded:
    card = read_scorecard(files)
    return card, lambda: MeasuredVersion(card, tuple(read_scores(files[SCORES])), scored)


def _of_record(ledger: Ledger, record: Record) -> MeasuredVersion:
    scores = tuple(ledger.scores(record))
    return MeasuredVersion(record.scorecard, scores, measurements=record.measurements)


def recorded_answers(
    card: Scorecard, folders: Iterable[Mapping[str, Path]]
) -> dict[str, CaseAnswer] | None:
    """Return the answers behind a Scorecard by Case id, from the first folder that holds them."""
    for files in folders:
        try:
            if _ANSWERED in files:
                made = read_identity(files[_ANSWERED])
                scored = (card.version, card.engine, card.cases.hash)
                if (made.version, made.engine, made.cases) != scored:
                    continue
            return {each.case_id: each for each in read_answers(files[ANSWERS])}
        except (KeyError, WinnowError):
            continue
    return None


def answers_again(
    answerer: "Answerer", cases: Sequence[Case], endpoints: Endpoints
) -> dict[str, CaseAnswer]:
    """Ask some Cases again and spend nothing: a reply that is not stored leaves its Case out.

    The engine and the Version are those that were scored, so the answers are too.
    """
    answers: dict[str, CaseAnswer] = {}
    with endpoints.stored_only():
        for case in cases:
            try:
                answers[case.id] = CaseAnswer(case.id, answerer.answer(case.question))
            except EndpointError:
                continue
            except Exception as error:
                reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
                answers[case.id] = CaseAnswer(case.id, None, error=reason)
    return answers
