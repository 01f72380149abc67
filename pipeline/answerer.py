"""Answerer: a question to an Answer from one Version; what eval measures and app serves."""

from time import perf_counter

from pipeline.answer import Answer, Passage
from pipeline.dense_retriever import DenseRetriever
from pipeline.extractive_generator import ExtractiveGenerator
from pipeline.generator import Generator
from pipeline.hybrid_retriever import HybridRetriever
from pipeline.lexical_retriever import LexicalRetriever
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


def open_retriever(version: Version) -> Retriever:
    """Return the Retriever that a Version's manifest describes."""
    params = version.manifest.retrieval
    if params.mode == "lexical":
        return LexicalRetriever(version.lexical, version.chunks)
    if params.mode == "dense":
        return DenseRetriever(version.encoder, version.index, version.chunks)
    return HybridRetriever(version.encoder, version.index, version.lexical, version.chunks, params)


def open_answerer(version: Version) -> Answerer:
    """Return the Answerer that a Version's manifest describes."""
    settings = version.manifest
    generator = ExtractiveGenerator(version.encoder, settings.generation)
    return Answerer(open_retriever(version), generator, settings.retrieval.top_k)
