"""Asking: every Case put to one Answerer, with care for what a language model costs."""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

from tqdm import tqdm

from eval.answers.answers import CaseAnswer, Ranked
from eval.cases.case import Case
from pipeline.answer import Answer, Passage
from pipeline.endpoints.clients import find_own_error
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import (
    EndpointError,
    NoMoreCallsError,
    NotStoredError,
    PrerequisiteError,
    RefusedError,
    WinnowError,
)
from pipeline.params import GenerationParams

_log = logging.getLogger("winnow")

_Outcome = CaseAnswer | EndpointError


class Answering(Protocol):
    """What of the Answerer is used here, so that scoring does not depend on its code."""

    def retrieve(self, question: str) -> list[Passage]:
        """Return the passages that an answer is made from."""

    def generate(self, question: str, passages: Sequence[Passage]) -> Answer:
        """Answer from passages."""

    def rank(self, question: str, characters: int) -> list[Passage]:
        """Return the best passages until they hold that many characters, or all there are."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What was retrieved for a Case, and in how many seconds."""

    case: Case
    passages: list[Passage]
    ranking: tuple[Ranked, ...]
    seconds: float


def ask_cases(
    answerer: Answering,
    cases: Sequence[Case],
    depth: int,
    endpoints: Endpoints | None = None,
    params: GenerationParams | None = None,
) -> list[CaseAnswer]:
    """Ask every Case, and rank `depth` characters of passages for it.

    A Case that raises, or whose request the model's endpoint refuses, keeps the reason, and the
    rest goes on. Where `params` name a language model, stored replies are used first; what the
    others will take is said before they are asked for, several at once.

    Raises:
        PrerequisiteError: something is missing that every Case needs.
        EndpointError: a Case got no reply. It may get one another time, so no result holds that;
            the replies to all others are stored.
    """
    asks = (_ask(answerer, case, depth) for case in tqdm(cases, "ask", unit="case", disable=None))
    if endpoints is None or params is None or params.generator == "extractive":
        return _complete([_generate(answerer, each) for each in asks])
    asked = list(asks)
    with endpoints.stored_only():
        outcomes = [_generate(answerer, each) for each in asked]
    waiting = [row for row, each in enumerate(outcomes) if isinstance(each, NotStoredError)]
    _announce(endpoints, params, outcomes)
    fresh = _at_once(answerer, [asked[row] for row in waiting], endpoints)
    for row, outcome in zip(waiting, fresh, strict=True):
        outcomes[row] = outcome
    if waiting:
        _log.info("answer: spent %s", endpoints.meter.paid.line)
    return _complete(outcomes)


def _ask(answerer: Answering, case: Case, depth: int) -> _Found | _Outcome:
    started = perf_counter()
    try:
        passages = answerer.retrieve(case.question)
        seconds = perf_counter() - started
        ranking = tuple(_ranked(each) for each in answerer.rank(case.question, depth))
    except Exception as error:
        return _outcome(case, error)
    return _Found(case, passages, ranking, seconds)


def _generate(answerer: Answering, found: _Found | _Outcome) -> _Outcome:
    if not isinstance(found, _Found):
        return found
    try:
        answer = answerer.generate(found.case.question, found.passages)
    except Exception as error:
        return _outcome(found.case, error)
    answer = replace(answer, seconds={"retrieve": found.seconds, **answer.seconds})
    return CaseAnswer(found.case.id, answer, found.ranking)


def _outcome(case: Case, error: Exception) -> _Outcome:
    """Return the reason that a Case keeps, or the fault that it may not have another time.

    Raises:
        PrerequisiteError: no other Case would fare better.
        NoMoreCallsError: the same.
    """
    fault = find_own_error(error)
    if isinstance(fault, PrerequisiteError | NoMoreCallsError):
        raise fault from None
    if isinstance(fault, EndpointError) and not isinstance(fault, RefusedError):
        return fault
    return CaseAnswer(case.id, None, error=_reason(fault or error))


def _at_once(
    answerer: Answering, waiting: Sequence[_Found | _Outcome], endpoints: Endpoints
) -> list[_Outcome]:
    """Generate for several Cases at a time, in their order; a final error ends the others too."""
    if not waiting:
        return []
    pool = ThreadPoolExecutor(endpoints.concurrency)
    futures: list[Future[_Outcome]] = []
    try:
        futures = [pool.submit(_generate, answerer, each) for each in waiting]
        bar = tqdm(as_completed(futures), "answer", len(futures), unit="case", disable=None)
        for done in bar:
            done.result()
    except BaseException:
        endpoints.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return [each.result() for each in futures]


def _announce(endpoints: Endpoints, params: GenerationParams, outcomes: Sequence[_Outcome]) -> None:
    """Say before anything is spent what it will take."""
    calls = [
        (each.prompt_tokens, each.completion_tokens)
        for each in outcomes
        if isinstance(each, NotStoredError)
    ]
    stored = f"{len(outcomes) - len(calls)} of {len(outcomes)} Cases from stored replies"
    if not calls or params.generator == "extractive":
        _log.info("answer: %s", stored)
        return
    forecast = endpoints.forecast(params.generator, params.model, calls)
    _log.info("answer: %s; at most %s", stored, forecast.line)


def _complete(outcomes: Sequence[_Outcome]) -> list[CaseAnswer]:
    faults = [each for each in outcomes if isinstance(each, EndpointError)]
    if faults:
        raise EndpointError(
            f"{len(faults)} of {len(outcomes)} Cases got no reply ({faults[0]}); run the same "
            "command again, the other replies are stored"
        )
    return [each for each in outcomes if isinstance(each, CaseAnswer)]


def _reason(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0][:200]
    if isinstance(error, WinnowError) and first:
        return first
    return f"{type(error).__name__}: {first}".rstrip(": ")


def _ranked(passage: Passage) -> Ranked:
    return Ranked(
        document=passage.document,
        start=passage.start,
        end=passage.end,
        score=passage.score,
        chunk_id=passage.chunk_id,
        text_hash=passage.text_hash,
    )
