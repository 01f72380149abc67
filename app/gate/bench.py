"""GateBench: what a Version scores on the present terms, found or else measured here."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from app.storage.version_objects import folder_files
from app.workspace.workspace import Workspace
from eval.answers.answers import CaseAnswer, read_answers, write_answers
from eval.answers.asking import ask_cases
from eval.answers.identity import identify, read_identity
from eval.cases.case import Case, case_set_hash
from eval.gate.verdict import AS_RECORDED, MeasuredVersion
from eval.judges.judge import Judge
from eval.judges.panel import JudgePanel, open_judges
from eval.ledger.ledger import Ledger
from eval.ledger.recording import SCORECARD, SCORES, read_scorecard
from eval.params import AnswerParams, JudgeParams, ScoreParams
from eval.scores.scorecard import Score, Scorecard, measures, read_scores, write_scores
from eval.scoring import Scored, score_answers
from pipeline.documents.document import Document
from pipeline.documents.document_table import read_documents
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import ArtifactError, EndpointError, VersionError, WinnowError
from pipeline.files import folder_files as files_below
from pipeline.files import hash_of, replacing_folder, write_json
from pipeline.params import read_section
from pipeline.versions.manifest import Manifest, flatten


@dataclass(frozen=True, slots=True)
class KeptScores:
    """A Scorecard, its scores once they are asked for, and how they came about."""

    scorecard: Scorecard
    read: Callable[[], Sequence[Score]]
    scored: str = AS_RECORDED
    measurements: Mapping[str, float] = field(default_factory=dict)


def in_cache(workspace: Workspace, folders: Sequence[str]) -> Iterator[KeptScores]:
    """Yield the Scorecards that DVC keeps under these ids, in its cache or its remote."""
    for folder in folders:
        try:
            yield _of_files(folder_files(workspace, folder))
        except (VersionError, ArtifactError):
            # A clone without its data, or of another format: the Version is measured again.
            continue


def in_ledger(ledger: Ledger, version: str) -> Iterator[KeptScores]:
    """Yield what a ledger has of a Version, newest first.

    Raises:
        LedgerError: it cannot be reached.
    """
    for record in ledger.records():
        if record.scorecard.version == version:
            yield KeptScores(
                record.scorecard,
                lambda record=record: ledger.scores(record),  # type: ignore[misc]
                measurements=record.measurements,
            )


def in_folder(folder: Path, scored: str) -> Iterator[KeptScores]:
    """Yield the Scorecard in a folder, if there is one that can be read."""
    if not folder.is_dir():
        return
    try:
        yield _of_files(files_below(folder), scored)
    except ArtifactError:
        return


def _of_files(files: Mapping[str, Path], scored: str = AS_RECORDED) -> KeptScores:
    card = read_scorecard(files)
    if SCORES not in files:
        raise ArtifactError(f"{SCORES} is missing from the Scorecard; run `dvc repro score`")
    return KeptScores(card, lambda: read_scores(files[SCORES]), scored)


_SHOWN = 3


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
        settings = self._changed_settings(card.settings)
        more = [f"{len(settings) - _SHOWN} more settings"] if len(settings) > _SHOWN else []
        return names + settings[:_SHOWN] + more

    def key(self, version: str) -> str:
        """Hash what a measurement is kept by; its judge is compared when it is read."""
        return hash_of([version, self.engine, self.cases_hash, self._settings])

    @property
    def _settings(self) -> dict[str, str | int | float | bool]:
        sections = {"answer": self.answer, "score": self.score, "judge": self.judge}
        return flatten({name: each.model_dump(mode="json") for name, each in sections.items()})

    def _changed_settings(self, recorded: Mapping[str, object]) -> list[str]:
        """Name the settings of measuring that differ; a judge not asked has but its provider."""
        present = self._settings
        needed = {name for name in present if not name.startswith("judge.")}
        named = needed | {name for name in recorded if measures(name)}
        return sorted(name for name in named if recorded.get(name) != present.get(name))


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


ANSWERS = "answers.parquet"
_DOCUMENTS = "documents.parquet"
_SHORT = 10
_log = logging.getLogger("winnow")


class GateBench:
    """Measures Versions on one set of `terms`; what it measures is kept in folders of its own."""

    def __init__(
        self,
        workspace: Workspace,
        terms: MeasuringTerms,
        endpoints: Endpoints,
        ledger: Ledger | None = None,
        scorecards: Sequence[str] = (),
    ) -> None:
        """Take where measurements may stand already; nothing is opened yet.

        Args:
            workspace: Holds DVC's cache, its remote and Documents.
            terms: What both sides are measured on.
            endpoints: Where language models are, for Versions and judges that ask one.
            ledger: Of recorded Scorecards; None where none is to be asked.
            scorecards: DVC's ids of folders that may hold a Scorecard that no ledger knows.
        """
        self._workspace = workspace
        self.terms = terms
        self._endpoints = endpoints
        self._ledger = ledger
        self._scorecards = scorecards
        self._judges: list[Judge] | None = None

    def folder(self, version: str) -> Path:
        """Return where what is measured of a Version here is kept."""
        return self._workspace.scratch / "gate" / self.terms.key(version)

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
        path = self._workspace.documents
        if path.is_file():
            documents = read_documents(path)
            if hash_of([each.id for each in documents]) == manifest.corpus.hash:
                return documents
        folder = manifest.outputs.get("ingest", "")
        try:
            return read_documents(folder_files(self._workspace, folder)[_DOCUMENTS])
        except (KeyError, ArtifactError):
            raise ArtifactError(
                f"the Documents {folder} that a Version was built from are of another Winnow's "
                "form, so that it cannot be scored here; name another baseline with --against"
            ) from None

    @property
    def judges(self) -> list[Judge]:
        """The judges that params.yaml asks for, opened when first asked for."""
        if self._judges is None:
            terms, encoders = self.terms, self._workspace.scratch / "encoders"
            keyless, model = open_judges(terms.score, terms.judge, encoders, self._endpoints)
            self._judges = [keyless] if model is None else [keyless, model]
        return self._judges

    def _kept(self, version: str) -> Iterator[KeptScores]:
        recorded = in_ledger(self._ledger, version) if self._ledger else iter(())
        own = in_folder(self.folder(version), "answered and scored again here")
        every = chain(in_cache(self._workspace, self._scorecards), recorded, own)
        return (kept for kept in every if kept.scorecard.version == version)

    def _measure(self, version: str, obstacle: str) -> MeasuredVersion:
        from pipeline.answerer import open_answerer
        from pipeline.versions.version import open_version

        count, short = len(self.terms.cases), version[:_SHORT]
        _log.info("%s: answering and scoring %d Cases here, as %s", short, count, obstacle)
        opened = open_version(folder_files(self._workspace, version), version)
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


if TYPE_CHECKING:
    from pipeline.answerer import Answerer
    from pipeline.endpoints.endpoints import Endpoints

_ANSWERS = "answers.parquet"
_META = "meta.json"


def kept_answers(
    card: Scorecard, folders: Iterable[Mapping[str, Path]]
) -> dict[str, CaseAnswer] | None:
    """Return the answers behind a Scorecard by Case id, from the first folder that holds them."""
    for files in folders:
        try:
            if _META in files:
                made = read_identity(files[_META])
                if (made.version, made.engine, made.cases) != _made(card):
                    continue
            return {each.case_id: each for each in read_answers(files[_ANSWERS])}
        except (KeyError, WinnowError):
            continue
    return None


def answers_again(
    answerer: "Answerer", cases: Sequence[Case], endpoints: "Endpoints"
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


def _made(card: Scorecard) -> tuple[str, str, str]:
    return card.version, card.engine, card.cases.hash
