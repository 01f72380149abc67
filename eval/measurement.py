"""Measurements: metrics of Answers that a language model is asked for, several at once."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from eval.event_loop import run_to_end
from eval.judge import Judged
from eval.judged_metric import compares_questions, given
from eval.params import JudgedMetric, JudgeParams
from eval.ragas_metrics import failure_reason, judged_measures
from eval.spent import Spent
from pipeline.encoder import Encoder
from pipeline.endpoint_fault import find_fault
from pipeline.errors import (
    EndpointError,
    HaltError,
    ParamsError,
    PrerequisiteError,
    RefusedError,
)
from pipeline.remembering_encoder import RememberingEncoder

if TYPE_CHECKING:
    from pipeline.endpoints import Endpoints
    from pipeline.tally import Tally


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
            HaltError: the same; what was asked for in the meantime is given up.
        """
        if not measurements:
            return []
        try:
            return run_to_end(self._outcomes(measurements, progress))
        except BaseExceptionGroup as group:
            fault = find_fault(group)
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
        with self._endpoints.tally() as tally:
            try:
                result = await measure.ascore(**given(measurement.metric, measurement.judged))
            except Exception as error:
                fault = find_fault(error)
                if isinstance(fault, PrerequisiteError | HaltError):
                    raise fault from None
                if isinstance(fault, EndpointError) and not isinstance(fault, RefusedError):
                    return Outcome(fault=fault)
                reason = str(fault) if fault else failure_reason(error, self._params.max_tokens)
                return Outcome(_spent(tally), reason=reason)
        value = float(result.value)
        if not math.isfinite(value):
            return Outcome(_spent(tally), reason=f"the metric returned {value}")
        return Outcome(_spent(tally), value=value)

    def _vector(self, text: str) -> Sequence[float]:
        if self._encoder is None:
            return []
        vector: list[float] = self._encoder.encode([text])[0].tolist()
        return vector


def _spent(tally: "Tally") -> Spent:
    return Spent(tokens=tally.worth.tokens, cost=tally.worth.cost)
