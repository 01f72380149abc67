"""Asking: every Case put to one Answerer, with care for what a language model costs."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

from tqdm import tqdm

from eval.answers.answers import CaseAnswer, Ranked
from eval.answers.replies import complete, from_replies, reason_or_fault
from eval.cases.case import Case
from pipeline.answer import Answer, Passage
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import EndpointError, NotStoredError
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
    bar = tqdm(cases, "ask", unit="case", disable=None)
    retrieved = (_retrieve(answerer, case, depth) for case in bar)
    if endpoints is None or params is None or params.generator == "extractive":
        return complete([_generate(answerer, each) for each in retrieved], "Cases")
    return _ask_model(answerer, list(retrieved), endpoints, params)


@dataclass(frozen=True, slots=True)
class _Retrieved:
    """What was retrieved for a Case, and in how many seconds."""

    case: Case
    passages: list[Passage]
    ranking: tuple[Ranked, ...]
    seconds: float


def _retrieve(answerer: Answering, case: Case, depth: int) -> _Retrieved | _Outcome:
    started = perf_counter()
    try:
        passages = answerer.retrieve(case.question)
        seconds = perf_counter() - started
        ranking = tuple(_ranked(each) for each in answerer.rank(case.question, depth))
    except Exception as error:
        return _outcome(case, error)
    return _Retrieved(case, passages, ranking, seconds)


def _generate(answerer: Answering, retrieved: _Retrieved | _Outcome) -> _Outcome:
    if not isinstance(retrieved, _Retrieved):
        return retrieved
    try:
        answer = answerer.generate(retrieved.case.question, retrieved.passages)
    except Exception as error:
        return _outcome(retrieved.case, error)
    answer = replace(answer, seconds={"retrieve": retrieved.seconds, **answer.seconds})
    return CaseAnswer(retrieved.case.id, answer, retrieved.ranking)


def _ask_model(
    answerer: Answering,
    asked: Sequence[_Retrieved | _Outcome],
    endpoints: Endpoints,
    params: GenerationParams,
) -> list[CaseAnswer]:
    def ask(rows: Sequence[int], stored: bool) -> list[_Outcome]:
        chosen = [asked[row] for row in rows]
        if stored:
            return [_generate(answerer, each) for each in chosen]
        return _generate_at_once(answerer, chosen, endpoints)

    def announce(missing: Mapping[int, NotStoredError]) -> None:
        stored = f"{len(asked) - len(missing)} of {len(asked)} Cases from stored replies"
        if not missing or params.generator == "extractive":
            _log.info("answer: %s", stored)
            return
        calls = [(each.prompt_tokens, each.completion_tokens) for each in missing.values()]
        forecast = endpoints.forecast(params.generator, params.model, calls)
        _log.info("answer: %s; at most %s", stored, forecast.line)

    return from_replies(len(asked), ask, announce, endpoints, ("answer", "Cases"))


def _outcome(case: Case, error: Exception) -> _Outcome:
    found = reason_or_fault(error)
    return CaseAnswer(case.id, None, error=found) if isinstance(found, str) else found


def _generate_at_once(
    answerer: Answering, waiting: Sequence[_Retrieved | _Outcome], endpoints: Endpoints
) -> list[_Outcome]:
    """Generate for several Cases at a time, in their order; a final error ends the others too."""
    pool = ThreadPoolExecutor(endpoints.concurrency)
    futures: list[Future[_Outcome]] = []
    try:
        futures = [pool.submit(_generate, answerer, each) for each in waiting]
        for done in tqdm(as_completed(futures), "answer", len(futures), unit="case", disable=None):
            done.result()
    except BaseException:
        endpoints.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return [each.result() for each in futures]


def _ranked(passage: Passage) -> Ranked:
    return Ranked(
        document=passage.document,
        start=passage.start,
        end=passage.end,
        score=passage.score,
        chunk_id=passage.chunk_id,
        text_hash=passage.text_hash,
    )
