"""An Encoder behind an OpenAI-compatible embeddings endpoint."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pipeline.encoders.cache import EmbeddingCache
from pipeline.encoders.encoder import EncoderCard, as_rows
from pipeline.errors import EndpointError, PrerequisiteError, RefusedError
from pipeline.files import hash_of
from pipeline.params import EncoderParams
from pipeline.text.tokens import count_tokens, encodable

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints
    from pipeline.endpoints.price import Forecast

_TEXTS = 64
_TOKENS = 16_000


class EmbeddingRequest(NamedTuple):
    """Texts that are asked for together, and their tokens of cl100k_base."""

    texts: list[str]
    tokens: int


@dataclass(frozen=True, slots=True, eq=False)
class EndpointEncoder:
    """Asks an endpoint for vectors, many texts at a time; threads may share it.

    An endpoint does not promise that a text gets the same vector again: the last digits depend on
    its neighbours and on the machine. So equal texts of a call share a vector, and a text whose
    vector `known` holds is not asked for again. Without `endpoints` it can encode nothing.
    """

    card: EncoderCard
    endpoints: "Endpoints | None" = None
    known: EmbeddingCache | None = None

    @property
    def hash(self) -> str:
        """Content hash of the model's name, its dimension and the length."""
        return self.card.hash

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.card.dimension

    def encode(self, texts: Sequence[str], progress: str | None = None) -> NDArray[np.float32]:
        """Return unit vectors, shape [len(texts), dimension]; `progress` names a bar to show.

        Raises:
            PrerequisiteError: it was opened without endpoints, or a variable is not set.
            EndpointError: the endpoint gives no vectors, or not this encoder's.
        """
        distinct = list(dict.fromkeys(texts))
        vectors = self.known.get(distinct) if self.known else {}
        missing = [text for text in distinct if text not in vectors]
        disable = None if progress else True
        with tqdm(total=len(missing), desc=progress, unit="text", disable=disable) as bar:
            for portion in self.portions(missing):
                if self.known:
                    self.known.put(portion)
                vectors.update(portion)
                bar.update(len(portion))
        return as_rows(texts, vectors, self.dimension)

    def portions(self, texts: Sequence[str]) -> Iterator[Mapping[str, NDArray[np.float32]]]:
        """Ask for distinct texts and yield their vectors, a request's at a time, in order.

        In order, so that a run which ends early has kept the first requests whole: the next run
        makes the same requests for the rest, and finds the replies that are stored.
        """
        first = 0
        for vectors in self._replies(divide(texts, self.card.max_tokens)):
            yield dict(zip(texts[first : first + len(vectors)], vectors, strict=True))
            first += len(vectors)

    def forecast(self, texts: Sequence[str]) -> "Forecast":
        """Return what asking for distinct texts will take, without the replies that are stored."""
        calls = [(request.tokens, 0) for request in divide(texts, self.card.max_tokens)]
        endpoints = self._connection()
        with _needing(self.card.model):
            return endpoints.forecast("openai", self.card.model, calls)

    def truncated(self, texts: Sequence[str]) -> int:
        """Count the texts that are longer than the encoder sees."""
        return sum(len(cut(text, self.card.max_tokens)[0]) < len(text) for text in texts)

    def _replies(self, requests: Sequence[EmbeddingRequest]) -> Iterator[NDArray[np.float32]]:
        if len(requests) < 2:
            yield from map(self._reply, requests)
            return
        pool = ThreadPoolExecutor(max_workers=self._connection().concurrency)
        try:
            # What calls cost is counted in the context of whoever wants the vectors.
            pending = deque(pool.submit(copy_context().run, self._reply, each) for each in requests)
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _reply(self, request: EmbeddingRequest) -> NDArray[np.float32]:
        try:
            vectors = _ask(self._connection(), self.card.model, request.texts)
        except RefusedError as error:
            raise RefusedError(
                f"{error}; if a text is too long for the model, lower `encoder.max_tokens`"
            ) from None
        if vectors.shape[1] != self.dimension:
            raise EndpointError(
                f"the endpoint's {self.card.model} gives vectors of {vectors.shape[1]} numbers, no "
                f"longer of {self.dimension}: serve the model that the Version was built with, or "
                "remove .winnow and build it again"
            )
        return vectors

    def _connection(self) -> "Endpoints":
        if self.endpoints is None:
            raise _missing(
                self.card.model,
                "set OPENAI_API_KEY, or OPENAI_BASE_URL of a server that asks for no key, and "
                "pass `endpoints` to what opens it",
            )
        return self.endpoints


def endpoint_card(params: EncoderParams, endpoints: "Endpoints | None") -> EncoderCard:
    """Describe a model behind an endpoint, asking it once for the length of its vectors.

    Raises:
        PrerequisiteError: there are no endpoints to ask, or a variable is not set.
        EndpointError: the endpoint gives no vector.
    """
    if endpoints is None:
        raise _missing(params.model, "pass `endpoints` to what exports it")
    dimension = _ask(endpoints, params.model, ["How long is a vector?"]).shape[1]
    # cl100k_base decides where a text is cut, and its end is not seen.
    seen = {"max_tokens": params.max_tokens, "tokenizer": "cl100k_base"}
    return EncoderCard(
        provider=params.provider,
        model=params.model,
        dimension=dimension,
        max_tokens=params.max_tokens,
        hash=hash_of([params.provider, params.model, dimension, seen]),
    )


def divide(texts: Sequence[str], max_tokens: int) -> list[EmbeddingRequest]:
    """Divide texts, each cut at `max_tokens`, among requests, in their order.

    A request has at most 64 texts of at most 16 000 tokens together; a text of more goes alone.
    """
    requests: list[EmbeddingRequest] = []
    for text in texts:
        seen, tokens = cut(text, max_tokens)
        last = requests[-1] if requests else None
        if last and len(last.texts) < _TEXTS and last.tokens + tokens <= _TOKENS:
            requests[-1] = EmbeddingRequest([*last.texts, seen], last.tokens + tokens)
        else:
            requests.append(EmbeddingRequest([seen], tokens))
    return requests


def cut(text: str, max_tokens: int) -> tuple[str, int]:
    """Return the start of a text that holds `max_tokens` of cl100k_base at most, and how many.

    An endpoint counts with a tokenizer of its own, which for other makers' models gives more or
    fewer. Time does not grow with what is cut off.
    """
    reach = 4 * max_tokens
    while (tokens := count_tokens(text[:reach])) <= max_tokens and reach < len(text):
        reach *= 2
    if tokens <= max_tokens:
        return text, tokens
    ends = range(min(reach, len(text)) + 1)
    end = bisect_right(ends, max_tokens, key=lambda end: count_tokens(text[:end])) - 1
    return text[:end], max_tokens


def _ask(endpoints: "Endpoints", model: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return unit vectors, shape [len(texts), whatever the endpoint gives]."""
    # An empty text is refused by some servers, and half a character by all.
    sendable = [encodable(text) or " " for text in texts]
    with _needing(model):
        given = endpoints.embed("openai", model, sendable)
    dimensions = sorted({len(each) for each in given})
    if len(dimensions) != 1:
        raise EndpointError(
            f"the endpoint's {model} gave vectors of {dimensions} numbers in one reply; check that "
            "`encoder.model` names a model of embeddings"
        )
    vectors = np.array(given, dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not lengths.all():
        raise EndpointError(
            f"the endpoint's {model} gave a vector without a direction; check that "
            "`encoder.model` names a model of embeddings"
        )
    return np.asarray(vectors / lengths, dtype=np.float32)


@contextmanager
def _needing(model: str) -> Iterator[None]:
    """Say of a variable that is not set what needs it."""
    try:
        yield
    except PrerequisiteError as error:
        raise _missing(model, str(error)) from None


def _missing(model: str, what: str) -> PrerequisiteError:
    return PrerequisiteError(
        f"the Version's encoder {model} is behind an endpoint, and all but lexical retrieval with "
        f"a language model needs it: {what}"
    )
