"""Answerer: a question to an Answer from one Version; what eval measures and app serves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pipeline.answer import Answer, Generation, Passage, Standalone, Turn
from pipeline.encoders.cache import RememberingEncoder
from pipeline.encoders.encoder import Encoder
from pipeline.errors import VersionError
from pipeline.generation.generator import Generator, make_generator
from pipeline.retrieval.ranking import Retriever
from pipeline.retrieval.retriever import ComposedRetriever
from pipeline.retrieval.search import open_search
from pipeline.versions.version import Version

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

_FIRST_DEPTH = 16


@dataclass(frozen=True, slots=True, eq=False)
class Answerer:
    """Retrieves, then generates."""

    retriever: Retriever
    generator: Generator
    top_k: int

    def answer(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question, which may follow up on a conversation.

        `seconds` of the Answer holds what `retrieve` and `generate` took.

        Raises:
            EndpointError: a model's endpoint gave no usable reply.
            PrerequisiteError: it needs an endpoint, and a variable for that is not set.
        """
        return self._answered(self._retrieved(question, history))

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Yield the Answer as it grows; the last one is what `answer` returns.

        The first has the passages and no sentence yet. A later one may be shorter than the one
        before it, where an endpoint broke off and was asked again.
        """
        asked = self._retrieved(question, history)
        yield asked
        started = perf_counter()
        taken = asked.standalone or question
        for generation in self.generator.stream(taken, asked.passages):
            yield _with(asked, generation, perf_counter() - started)

    def retrieve(self, question: str) -> list[Passage]:
        """Return the passages that an answer to the question would be made from."""
        return list(self.retriever.retrieve(question, self.top_k))

    def generate(self, question: str, passages: Sequence[Passage]) -> Answer:
        """Answer a question from passages that were retrieved before."""
        asked = Answer(question=question, sentences=(), passages=tuple(passages))
        return self._answered(asked)

    def rank(self, question: str, characters: int) -> list[Passage]:
        """Return the best passages until they hold that many characters, or all there are."""
        depth = _FIRST_DEPTH
        while True:
            passages = self.retriever.retrieve(question, depth)
            held = 0
            for count, passage in enumerate(passages, start=1):
                held += passage.end - passage.start
                if held >= characters:
                    return passages[:count]
            if len(passages) < depth:
                return passages
            depth *= 4

    def _retrieved(self, question: str, history: Sequence[Turn]) -> Answer:
        """Return an Answer that has its passages and no sentence yet."""
        started = perf_counter()
        taken = self.generator.standalone(question, history) if history else Standalone(question)
        understood = perf_counter()
        passages = self.retrieve(taken.question)
        seconds = {"retrieve": perf_counter() - understood}
        return Answer(
            question=question,
            sentences=(),
            passages=tuple(passages),
            tokens=taken.tokens,
            cost=taken.cost,
            standalone=taken.question if taken.question != question else None,
            seconds={"understand": understood - started, **seconds} if history else seconds,
        )

    def _answered(self, asked: Answer) -> Answer:
        started = perf_counter()
        taken = asked.standalone or asked.question
        generation = self.generator.generate(taken, asked.passages)
        return _with(asked, generation, perf_counter() - started)


def open_retriever(version: Version, encoder: Encoder | None = None) -> Retriever:
    """Return the Retriever that a Version's manifest describes.

    `encoder` stands in for the Version's own where the same one remembers what it encoded.

    Raises:
        VersionError: the Version lacks what its `retrieval` section asks for.
    """
    params = version.manifest.retrieval
    reranker = version.reranker if params.reranker else None
    if params.reranker and reranker is None:
        raise _lacking(version, f"`retrieval.reranker` is {params.reranker!r}", "reranker")
    if params.mode != "dense" and version.lexical is None:
        raise _lacking(version, f"`retrieval.mode` is {params.mode!r}", "lexical index")
    encoder = encoder or version.encoder
    search = open_search(version.chunks, encoder, version.index, version.lexical, params)
    return ComposedRetriever(search, version.chunks, version.index, params, reranker)


def open_answerer(
    version: Version, endpoints: "Endpoints | None" = None, repeat: int = 0
) -> Answerer:
    """Return the Answerer that a Version's manifest describes.

    `endpoints`, if it needs any, are first asked for by a question, so that a Version opens without
    them. Another `repeat` gets other replies of a language model to the same question.
    """
    settings = version.manifest
    if endpoints is not None:
        version = version.with_endpoints(endpoints)
    # Both halves encode the question, and passages share their sentences with earlier ones.
    encoder = RememberingEncoder(version.encoder)
    generator = make_generator(settings.generation, encoder, version.prompts, endpoints, repeat)
    return Answerer(open_retriever(version, encoder), generator, settings.retrieval.top_k)


def _lacking(version: Version, setting: str, part: str) -> VersionError:
    return VersionError(f"{version.id} holds no {part}, but {setting}; build it again")


def _with(asked: Answer, generation: Generation, seconds: float) -> Answer:
    return replace(
        asked,
        sentences=generation.sentences,
        tokens=_sum(asked.tokens, generation.tokens),
        cost=_sum(asked.cost, generation.cost),
        stray=generation.stray,
        dropped=generation.dropped,
        seconds={**asked.seconds, "generate": seconds},
    )


def _sum(first: float | None, second: float | None) -> Any:
    return second if first is None else first if second is None else first + second
