"""ModelJudge: the metrics of RAGAS that a language model measures."""

import asyncio
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from eval.answers.replies import from_replies, reason_or_fault
from eval.judges.judge import Judged
from eval.judges.model_metrics import calls, given, settled
from eval.judges.ragas_metrics import LIBRARIES, failure_reason, judged_measures, run_to_end
from eval.params import JudgedMetric, JudgeParams
from eval.scores.scorecard import Score, Spent
from pipeline.encoders.cache import RememberingEncoder
from pipeline.encoders.encoder import Encoder
from pipeline.endpoints.clients import find_own_error
from pipeline.errors import EndpointError, NotStoredError, ParamsError, WinnowError
from pipeline.files import hash_of

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

_log = logging.getLogger("winnow")

_DIGITS = 9

# Raise when what a metric is given or comes to changes.
_REVISION = 1

# What a reply is expected to have before it is there: of those in RAGAS' examples the longest.
_REPLY_TOKENS = 250


@dataclass(frozen=True, slots=True)
class _Question:
    """One metric of one Answer, to be asked for the `repeat`th time, counted from 0."""

    judged: Judged
    metric: JudgedMetric
    repeat: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a question came to."""

    spent: Spent
    score: Score


class ModelJudge:
    """Asks a language model, and only about what it was not asked before.

    A Case's score is the mean over the repeats that could be judged. Where none could, because
    replies were malformed, empty or refused to the last, it has failed with the reason.
    """

    def __init__(
        self,
        params: JudgeParams,
        endpoints: "Endpoints",
        encoder: Encoder | None = None,
        first: int = 0,
    ) -> None:
        """Take what to ask and where; only `answer_relevancy` needs an encoder.

        The repeats are counted from `first`: others than those that were asked for before are
        asked anew.

        Raises:
            ParamsError: no provider is named, or `answer_relevancy` has no encoder.
        """
        if params.provider == "none":
            raise ParamsError("`judge.provider` is none; name groq or openai")
        if encoder is None and "answer_relevancy" in params.metrics:
            raise ParamsError("`judge.metrics` has answer_relevancy; name its `score.encoder`")
        self.metrics: tuple[str, ...] = params.metrics
        self.spent = Spent()
        self._params = params
        self._provider = params.provider
        self._endpoints = endpoints
        self._encoder = encoder
        self._remembering = RememberingEncoder(encoder) if encoder is not None else None
        self._repeats = range(first, first + params.repeats)

    def once(self, repeat: int) -> "ModelJudge":
        """Return one that asks once only: for the `repeat`th time, from 0."""
        params = self._params.model_copy(update={"repeats": 1})
        return ModelJudge(params, self._endpoints, self._encoder, repeat)

    @property
    def hash(self) -> str:
        """Content hash of model, settings, metrics, encoder and library versions."""
        params = self._params.model_dump() | {"metrics": sorted(self._params.metrics)}
        libraries = {name: version(name) for name in LIBRARIES}
        encoder = self._encoder.hash if self._encoder is not None else None
        return hash_of([_REVISION, params, encoder, libraries])

    def judge(self, answers: Sequence[Judged]) -> list[Score]:
        """Return a Score for every metric and Answer, in that order within each Answer.

        Says what it will take before anything is spent, and what was spent.

        Raises:
            PrerequisiteError: the endpoint needs something to be set.
            NoMoreCallsError: no further call makes sense now.
            EndpointError: a metric got no reply. It may get one another time, so no Score says
                so; the replies to all others are stored.
        """
        pairs = [(judged, metric) for judged in answers for metric in self._params.metrics]
        asked = [pair for pair in pairs if settled(pair[1], pair[0]) is None]
        questions = [_Question(*pair, repeat) for pair in asked for repeat in self._repeats]

        def ask(rows: Sequence[int], stored: bool) -> list[_Outcome | EndpointError]:
            return self._ask([questions[row] for row in rows], None if stored else "judge")

        def announce(missing: Mapping[int, NotStoredError]) -> None:
            self._announce([(questions[row], each) for row, each in missing.items()], len(answers))

        labels = ("judge", "judgements")
        outcomes = from_replies(len(questions), ask, announce, self._endpoints, labels)
        self.spent = Spent.total([self.spent, *(each.spent for each in outcomes)])
        count = len(self._repeats)
        repeated = iter(outcomes[at : at + count] for at in range(0, len(outcomes), count))
        return [
            settled(metric, judged) or _mean([each.score for each in next(repeated)])
            for judged, metric in pairs
        ]

    def _announce(self, missing: Sequence[tuple[_Question, NotStoredError]], answers: int) -> None:
        """Say before anything is spent what it will take."""
        changed = len({question.judged.case.id for question, _ in missing})
        stored = f"{answers} Cases, {answers - changed} as before"
        if not missing:
            _log.info("judge: %s", stored)
            return
        reply = min(_REPLY_TOKENS, self._params.max_tokens)
        expected = [
            (fault.prompt_tokens, reply)
            for question, fault in missing
            for _ in range(calls(question.metric, question.judged))
        ]
        forecast = self._endpoints.forecast(self._provider, self._params.model, expected)
        _log.info("judge: %s; %d to judge: about %s", stored, changed, forecast.line)

    def _ask(
        self, questions: Sequence[_Question], progress: str | None
    ) -> list[_Outcome | EndpointError]:
        """Ask as many at once as calls are allowed; `progress` names a bar to show."""
        if not questions:
            return []
        try:
            return run_to_end(self._ask_together(questions, progress))
        except BaseExceptionGroup as group:
            fault = find_own_error(group)
            if fault is None:
                raise
            raise fault from None

    async def _ask_together(
        self, questions: Sequence[_Question], progress: str | None
    ) -> list[_Outcome | EndpointError]:
        measures = {
            repeat: judged_measures(
                self._params, self._endpoints.async_client(self._provider, repeat), self._vector
            )
            for repeat in {each.repeat for each in questions}
        }
        room = asyncio.Semaphore(self._endpoints.concurrency)
        quiet = None if progress else True
        bar = tqdm(total=len(questions), desc=progress, unit="metric", disable=quiet)

        async def outcome(question: _Question) -> _Outcome | EndpointError:
            async with room:
                result = await self._measure(question, measures[question.repeat][question.metric])
                bar.update()
                return result

        with bar:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(outcome(each)) for each in questions]
        return [task.result() for task in tasks]

    async def _measure(self, question: _Question, measure: Any) -> _Outcome | EndpointError:
        case_id, metric = question.judged.case.id, question.metric
        with self._endpoints.meter.counting() as count:
            try:
                result = await measure.ascore(**given(metric, question.judged))
            except Exception as error:
                found = reason_or_fault(error, self._reason)
                if isinstance(found, EndpointError):
                    return found
                score = Score.failed(case_id, metric, found)
            else:
                score = Score.of(case_id, metric, float(result.value))
        return _Outcome(Spent(tokens=count.used.tokens, cost=count.used.cost), score)

    def _reason(self, error: Exception) -> str:
        if isinstance(error, WinnowError):
            return str(error)
        return failure_reason(error, self._params.max_tokens)

    def _vector(self, text: str) -> Sequence[float]:
        if self._remembering is None:
            return []
        vector: list[float] = self._remembering.encode([text])[0].tolist()
        return vector


def _mean(repeats: Sequence[Score]) -> Score:
    first, values = repeats[0], [each.value for each in repeats if each.value is not None]
    if not values:
        return first
    # The last digits of a sum depend on its order, and those of a cosine on the processor.
    return Score.of(first.case_id, first.metric, round(math.fsum(values) / len(values), _DIGITS))
