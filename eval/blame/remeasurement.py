"""Remeasurement: some metrics of some Cases, from a Version that was not scored before."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from eval.answers.answers import CaseAnswer
from eval.answers.asking import Answering, ask_cases
from eval.blame.blame import RETRIEVAL_METRICS, Values, Wanted
from eval.blame.version_mix import SharedEncoders
from eval.cases.case import Case
from eval.cases.evidence import LocatedEvidence, locate_evidence
from eval.judges.judge import Judge
from eval.judges.panel import JudgePanel
from eval.params import ScoreParams
from eval.scores.case_score import Asked, score_retrieval
from eval.scores.scorecard import Score
from eval.scoring import score_each_answer
from pipeline.answer import Answer, Passage
from pipeline.params import GenerationParams
from pipeline.versions.store import VersionStore
from pipeline.versions.version import Version

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints


class Remeasurement:
    """Answers and scores as the stages do, but only what is wanted.

    A generator is asked only for Cases of which an answer's metric is wanted, a judge only if it
    gives a metric that is wanted.
    """

    def __init__(
        self,
        outputs: VersionStore,
        cases: Iterable[Case],
        judges: Sequence[Judge],
        params: ScoreParams,
        depth: int,
        endpoints: "Endpoints | None" = None,
    ) -> None:
        """Take all Cases, the judges that scored before, and `answer.depth` in characters.

        Evidence is located in the Documents that `outputs` reads by a Version's manifest.
        """
        self._outputs = outputs
        self._cases = {case.id: case for case in cases}
        self._judges = judges
        self._params = params
        self._depth = depth
        self._endpoints = endpoints
        self._encoders = SharedEncoders(endpoints)
        self._located: dict[str, LocatedEvidence] = {}

    def __call__(self, version: Version, wanted: Wanted) -> Values:
        """Return what is wanted of a Version.

        Raises:
            VersionError: its Documents are not in DVC's cache.
            EndpointError: a Case got no reply; the replies to all others are stored.
        """
        judged = {case for case, metrics in wanted.items() if metrics - RETRIEVAL_METRICS}
        questions = [self._cases[case].question for case in wanted]
        answerer = self._encoders.answerer(version, questions)
        found = self._ask(_RetrievalOnly(answerer), wanted.keys() - judged)
        answered = self._ask(answerer, judged, version.manifest.generation) if judged else []
        metrics = frozenset[str]().union(*wanted.values())
        scores = self._score_retrieval(version, [*found, *answered])
        scores += self._score_answers(answered, metrics)
        return {
            (score.case_id, score.metric): score.value
            for score in scores
            if score.value is not None and score.metric in wanted[score.case_id]
        }

    def _ask(
        self,
        answerer: Answering,
        wanted: Collection[str],
        generation: GenerationParams | None = None,
    ) -> list[CaseAnswer]:
        """Ask Cases; `generation` is given where its language model, if any, is to answer."""
        cases = [self._cases[case] for case in sorted(wanted)]
        return ask_cases(answerer, cases, self._depth, self._endpoints, generation)

    def _score_retrieval(self, version: Version, answers: Sequence[CaseAnswer]) -> list[Score]:
        located = self._evidence(version)
        scores: list[Score] = []
        for each in answers:
            targets = located.targets[each.case_id]
            missing = None if targets else "evidence not found"
            asked = Asked(self._cases[each.case_id], targets, missing, each)
            scores += score_retrieval(asked, self._params, self._depth)
        return scores

    def _score_answers(
        self, answers: Sequence[CaseAnswer], metrics: Collection[str]
    ) -> list[Score]:
        judges = [each for each in self._judges if not set(metrics).isdisjoint(each.metrics)]
        cases = [self._cases[each.case_id] for each in answers]
        return score_each_answer(cases, answers, JudgePanel(judges), self._params)

    def _evidence(self, version: Version) -> LocatedEvidence:
        ingested = version.manifest.outputs.get("ingest", "")
        if ingested not in self._located:
            documents = self._outputs.documents(version.manifest)
            cases, fuzzy = self._cases.values(), self._params.fuzzy
            self._located[ingested] = locate_evidence(cases, documents, fuzzy)
        return self._located[ingested]


class _RetrievalOnly:
    """Retrieves as an Answerer does, and generates nothing."""

    def __init__(self, answerer: Answering) -> None:
        self._answerer = answerer

    def retrieve(self, question: str) -> list[Passage]:
        return self._answerer.retrieve(question)

    def generate(self, question: str, passages: Sequence[Passage]) -> Answer:
        return Answer(question=question, sentences=(), passages=tuple(passages))

    def rank(self, question: str, characters: int) -> list[Passage]:
        return self._answerer.rank(question, characters)
