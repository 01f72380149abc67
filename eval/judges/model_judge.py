"""ModelJudge: the metrics of RAGAS that a language model measures."""

import asyncio
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from eval.judges.judge import Judged, calls, compares_questions, given, settled
from eval.judges.ragas_metrics import LIBRARIES, failure_reason, judged_measures, run_to_end
from eval.params import JudgedMetric, JudgeParams
from eval.scores.scorecard import Score, Spent
from pipeline.encoders.cache import RememberingEncoder
from pipeline.encoders.encoder import Encoder
from pipeline.endpoints.clients import find_own_error
from pipeline.errors import (
    EndpointError,
    NoMoreCallsError,
    NotStoredError,
    ParamsError,
    PrerequisiteError,
    RefusedError,
)
from pipeline.files import hash_of

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints
    from pipeline.endpoints.spending import ReplyCount


@dataclass(frozen=True, slots=True)
class Measurement:
    """One metric of one Answer, to be asked for the `repeat`th time, counted from 0."""

    judged: Judged
    metric: JudgedMetric
    repeat: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a Measurement came to: a value, a reason why there is none, or a fault.

    A fault is what it may not meet another time, so it is no result.
    """

    spent: Spent = Spent()
    value: float | None = None
    reason: str | None = None
    fault: EndpointError | None = None


class Measuring:
    """Asks a language model through RAGAS, as many Measurements at once as calls are allowed."""

    def __init__(
        self, params: JudgeParams, endpoints: "Endpoints", encoder: Encoder | None
    ) -> None:
        """Take what to ask, where, and the encoder of answer relevancy.

        Raises:
            ParamsError: no provider is named, or answer relevancy has no encoder.
        """
        if params.provider == "none":
            raise ParamsError("`judge.provider` is none; name groq or openai")
        if encoder is None and any(map(compares_questions, params.metrics)):
            raise ParamsError("`judge.metrics` has answer_relevancy; name its `score.encoder`")
        self._params = params
        self._provider = params.provider
        self._endpoints = endpoints
        self._encoder = RememberingEncoder(encoder) if encoder is not None else None

    def outcomes(self, measurements: Sequence[Measurement], progress: str | None) -> list[Outcome]:
        """Return an Outcome for each, in their order; `progress` names a bar to show.

        Raises:
            PrerequisiteError: no other would fare better.
            NoMoreCallsError: the same; what was asked for in the meantime is given up.
        """
        if not measurements:
            return []
        try:
            return run_to_end(self._outcomes(measurements, progress))
        except BaseExceptionGroup as group:
            fault = find_own_error(group)
            if fault is None:
                raise
            raise fault from None

    async def _outcomes(
        self, measurements: Sequence[Measurement], progress: str | None
    ) -> list[Outcome]:
        measures = {
            repeat: judged_measures(
                self._params, self._endpoints.async_client(self._provider, repeat), self._vector
            )
            for repeat in {each.repeat for each in measurements}
        }
        room = asyncio.Semaphore(self._endpoints.concurrency)
        bar = tqdm(
            total=len(measurements),
            desc=progress,
            unit="metric",
            disable=None if progress else True,
        )

        async def outcome(measurement: Measurement) -> Outcome:
            async with room:
                measure = measures[measurement.repeat][measurement.metric]
                result = await self._outcome(measurement, measure)
                bar.update()
                return result

        with bar:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(outcome(each)) for each in measurements]
        return [task.result() for task in tasks]

    async def _outcome(self, measurement: Measurement, measure: Any) -> Outcome:
        with self._endpoints.counting() as count:
            try:
                result = await measure.ascore(**given(measurement.metric, measurement.judged))
            except Exception as error:
                fault = find_own_error(error)
                if isinstance(fault, PrerequisiteError | NoMoreCallsError):
                    raise fault from None
                if isinstance(fault, EndpointError) and not isinstance(fault, RefusedError):
                    return Outcome(fault=fault)
                reason = str(fault) if fault else failure_reason(error, self._params.max_tokens)
                return Outcome(_spent(count), reason=reason)
        value = float(result.value)
        if not math.isfinite(value):
            return Outcome(_spent(count), reason=f"the metric returned {value}")
        return Outcome(_spent(count), value=value)

    def _vector(self, text: str) -> Sequence[float]:
        if self._encoder is None:
            return []
        vector: list[float] = self._encoder.encode([text])[0].tolist()
        return vector


def _spent(count: "ReplyCount") -> Spent:
    return Spent(tokens=count.used.tokens, cost=count.used.cost)


if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

_log = logging.getLogger("winnow")

_DIGITS = 9

# Raise when what a metric is given or comes to changes.
_REVISION = 1

# What a reply is expected to have before it is there: of those in RAGAS' examples the longest.
_REPLY_TOKENS = 250


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
        self._params = params
        self._endpoints = endpoints
        self._measuring = Measuring(params, endpoints, encoder)
        self._encoder = encoder
        self._repeats = range(first, first + params.repeats)
        self._spent = Spent()

    def once(self, repeat: int) -> "ModelJudge":
        """Return one that asks once only: for the `repeat`th time, from 0."""
        params = self._params.model_copy(update={"repeats": 1})
        return ModelJudge(params, self._endpoints, self._encoder, repeat)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics it gives."""
        return self._params.metrics

    @property
    def hash(self) -> str:
        """Content hash of model, settings, metrics, encoder and library versions."""
        params = self._params.model_dump() | {"metrics": sorted(self._params.metrics)}
        libraries = {name: version(name) for name in LIBRARIES}
        encoder = self._encoder.hash if self._encoder is not None else None
        return hash_of([_REVISION, params, encoder, libraries])

    @property
    def spent(self) -> Spent:
        """What the replies to all judging so far are worth, whether stored before or not."""
        return self._spent

    def judge(self, answers: Sequence[Judged]) -> list[Score]:
        """Return a Score for every metric and Answer, in that order within each Answer.

        Says what it will take before anything is spent, and what was spent.

        Raises:
            PrerequisiteError: the endpoint needs something to be set.
            NoMoreCallsError: no further call makes sense now.
            EndpointError: a metric got no reply. It may get one another time, so no Score says
                so; the replies to all others are stored.
        """
        repeats = self._repeats
        pairs = [(judged, metric) for judged in answers for metric in self._params.metrics]
        asked = [pair for pair in pairs if settled(pair[1], pair[0]) is None]
        measurements = [Measurement(*pair, repeat) for pair in asked for repeat in repeats]
        outcomes = self._outcomes(measurements, len(answers))
        self._spent = Spent.total([self._spent, *(each.spent for each in outcomes)])
        repeated = iter(
            outcomes[first : first + len(repeats)]
            for first in range(0, len(outcomes), len(repeats))
        )
        return [
            settled(metric, judged) or _mean(judged.case.id, metric, next(repeated))
            for judged, metric in pairs
        ]

    def _outcomes(self, measurements: Sequence[Measurement], answers: int) -> list[Outcome]:
        """Return an Outcome for each, from stored replies first."""
        with self._endpoints.stored_only():
            outcomes = self._measuring.outcomes(measurements, None)
        missing = [
            row for row, each in enumerate(outcomes) if isinstance(each.fault, NotStoredError)
        ]
        self._announce([(measurements[row], outcomes[row]) for row in missing], answers)
        fresh = self._measuring.outcomes([measurements[row] for row in missing], "judge")
        for row, outcome in zip(missing, fresh, strict=True):
            outcomes[row] = outcome
        if missing:
            _log.info("judge: spent %s", self._endpoints.meter.paid.line)
        faults = [each.fault for each in outcomes if each.fault is not None]
        if faults:
            raise EndpointError(
                f"{len(faults)} of {len(outcomes)} judgements got no reply ({faults[0]}); run the "
                "same command again, the other replies are stored"
            )
        return outcomes

    def _announce(self, missing: Sequence[tuple[Measurement, Outcome]], answers: int) -> None:
        """Say before anything is spent what it will take."""
        changed = len({each.judged.case.id for each, _ in missing})
        stored = f"{answers} Cases, {answers - changed} as before"
        provider = self._params.provider
        if not missing or provider == "none":
            _log.info("judge: %s", stored)
            return
        reply = min(_REPLY_TOKENS, self._params.max_tokens)
        expected = [
            (outcome.fault.prompt_tokens, reply)
            for each, outcome in missing
            if isinstance(outcome.fault, NotStoredError)
            for _ in range(calls(each.metric, each.judged))
        ]
        forecast = self._endpoints.forecast(provider, self._params.model, expected)
        _log.info("judge: %s; %d to judge: about %s", stored, changed, forecast.line)


def _mean(case_id: str, metric: str, outcomes: Sequence[Outcome]) -> Score:
    values = [each.value for each in outcomes if each.value is not None]
    if not values:
        reasons = [each.reason for each in outcomes if each.reason is not None]
        return Score.failed(case_id, metric, reasons[0] if reasons else "it was not asked")
    # The last digits of a sum depend on its order, and those of a cosine on the processor.
    return Score.of(case_id, metric, round(math.fsum(values) / len(values), _DIGITS))
