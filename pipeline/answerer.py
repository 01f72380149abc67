"""Answerer: a question to an Answer from one Version; what eval measures and app serves."""

from time import perf_counter

from pipeline.answer import Answer, Passage
from pipeline.chunk_filter import allowed_rows
from pipeline.composed_retriever import ComposedRetriever
from pipeline.dense_search import DenseSearch
from pipeline.encoder import Encoder
from pipeline.errors import VersionError
from pipeline.extractive_generator import ExtractiveGenerator
from pipeline.generator import Generator
from pipeline.hybrid_search import HybridSearch
from pipeline.lexical_search import LexicalSearch
from pipeline.ranking import Search
from pipeline.remembering_encoder import RememberingEncoder
from pipeline.retriever import Retriever
from pipeline.version import Version

_FIRST_DEPTH = 16


class Answerer:
    """Retrieves, then generates."""

    def __init__(self, retriever: Retriever, generator: Generator, top_k: int) -> None:
        """Take the two halves and the number of passages that go from one to the other."""
        self._retriever = retriever
        self._generator = generator
        self._top_k = top_k

    def answer(self, question: str) -> Answer:
        """Answer a question, with the seconds that retrieval and generation took."""
        started = perf_counter()
        passages = self._retriever.retrieve(question, self._top_k)
        retrieved = perf_counter()
        generation = self._generator.generate(question, passages)
        generated = perf_counter()
        return Answer(
            question=question,
            sentences=generation.sentences,
            passages=tuple(passages),
            tokens=generation.tokens,
            cost=generation.cost,
            seconds={"retrieve": retrieved - started, "generate": generated - retrieved},
        )

    def rank(self, question: str, characters: int) -> list[Passage]:
        """Return the best passages until they hold that many characters, or all there are."""
        depth = _FIRST_DEPTH
        while True:
            passages = self._retriever.retrieve(question, depth)
            held = 0
            for count, passage in enumerate(passages, start=1):
                held += passage.end - passage.start
                if held >= characters:
                    return passages[:count]
            if len(passages) < depth:
                return passages
            depth *= 4


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
    search = _search(version, encoder or version.encoder)
    return ComposedRetriever(search, version.chunks, version.index, params, reranker)


def _search(version: Version, encoder: Encoder) -> Search:
    params = version.manifest.retrieval
    allowed = allowed_rows(version.chunks, params)
    if params.mode == "dense":
        return DenseSearch(encoder, version.index, params, allowed).search
    if version.lexical is None:
        raise _lacking(version, f"`retrieval.mode` is {params.mode!r}", "lexical index")
    if params.mode == "lexical":
        return LexicalSearch(version.lexical, allowed).search
    return HybridSearch(encoder, version.index, version.lexical, params, allowed).search


def _lacking(version: Version, setting: str, part: str) -> VersionError:
    return VersionError(f"{version.id} holds no {part}, but {setting}; build it again")


def open_answerer(version: Version) -> Answerer:
    """Return the Answerer that a Version's manifest describes."""
    settings = version.manifest
    # Both halves encode the question, and passages share their sentences with earlier ones.
    encoder = RememberingEncoder(version.encoder)
    generator = ExtractiveGenerator(encoder, settings.generation)
    return Answerer(open_retriever(version, encoder), generator, settings.retrieval.top_k)
