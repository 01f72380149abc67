"""Exchange: a call to one endpoint with its reply, stored or asked for until it is whole."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any

from pipeline.endpoints.call import Fault, ModelCall
from pipeline.endpoints.endpoint import Endpoint
from pipeline.endpoints.limits import LimitMemory
from pipeline.endpoints.price import Price
from pipeline.endpoints.replies import (
    ReplyStore,
    StoredReply,
    check_body,
    check_failure,
    check_reply,
)
from pipeline.endpoints.spending import Meter, reply_spending, spending_of
from pipeline.endpoints.throttle import Throttle
from pipeline.endpoints.waiting import Backoff, FinalErrors, InterruptibleClock
from pipeline.endpoints.wire import EVENTS, RESTART, Wire, assemble, disassemble, read_chunks
from pipeline.errors import BudgetError, EndpointError, NotStoredError, QuotaError, one_line

_SLICE = 0.1

Chunks = Generator[dict[str, Any], None, StoredReply]
Outcome = Generator[dict[str, Any], None, StoredReply | Fault]


class Exchange:
    """Thread-safe; one per endpoint, below its SDK."""

    def __init__(
        self,
        endpoint: Endpoint,
        store: ReplyStore,
        meter: Meter,
        price: Callable[[str], Price | None],
        memory: LimitMemory,
        stored_only: ContextVar[bool],
        final_errors: FinalErrors,
        clock: InterruptibleClock,
    ) -> None:
        self.endpoint = endpoint
        self._store = store
        self._meter = meter
        self._price = price
        self._stored_only = stored_only
        self._final_errors = final_errors
        self._clock = clock
        self._wire = Wire(endpoint)
        self._throttle = Throttle(endpoint, memory, final_errors, clock)
        self._keys = ExclusiveKey()

    def ask(self, call: ModelCall) -> StoredReply:
        """Return the reply to a call; whole, however it is sent.

        Raises:
            EndpointError: there is none: refused, not stored, used up, or failed too often.
            PrerequisiteError: key, model, address or store are not right.
        """
        chunks = self.stream(call)
        while True:
            try:
                next(chunks)
            except StopIteration as end:
                reply: StoredReply = end.value
                return reply

    def stream(self, call: ModelCall) -> Chunks:
        """Yield the chunks of a streamed reply and return it whole; as `ask` otherwise.

        After a chunk `RESTART` the reply starts anew, as what came before was cut.
        """
        # Whoever reads a stream may take a long time, or never come back.
        alone = nullcontext() if call.streams else self._keys.held(call.key, self._clock.check)
        with alone:
            stored = self._store.read(call.key)
            if stored is None or isinstance(check_body(call, stored), Fault):
                return (yield from self._fetch(call))
            spending = reply_spending(call, stored.body, self._price(call.model))
            self._meter.add(spending, fresh=False)
            if call.streams and stored.status == 200:
                yield from disassemble(stored.body)
            return stored

    def close(self) -> None:
        """End all connections."""
        self._wire.close()

    def _fetch(self, call: ModelCall) -> Chunks:
        if self._stored_only.get():
            raise NotStoredError(
                f"no reply of {call.model!r} to this request is stored: ask for it",
                prompt_tokens=call.prompt_tokens,
                completion_tokens=call.completion_tokens,
            )
        self._throttle.check(call)
        self._store.prepare()
        price = self._price(call.model)
        most = spending_of(call.prompt_tokens, call.completion_tokens, price)
        try:
            with self._meter.reserved(most, partial(self._throttle.check, call)):
                reply = yield from self._until_whole(call)
                spending = reply_spending(call, reply.body, price)
                self._meter.take(spending)
        except BudgetError as error:
            self._final_errors.remember(error)
            raise
        self._throttle.note_reply(call, spending.tokens)
        self._meter.add(spending, fresh=True)
        self._store.write(call.key, call.request, reply)
        return reply

    def _until_whole(self, call: ModelCall) -> Chunks:
        backoff = Backoff(self.endpoint.attempts)
        patience = self.endpoint.wait
        while True:
            with self._throttle.place(call):
                outcome = yield from self._once(call)
            if isinstance(outcome, StoredReply):
                return outcome
            if call.streams:
                yield RESTART
            if outcome.limited and outcome.wait is not None:
                patience -= outcome.wait
                self._throttle.note_rate_limit(call, outcome, patience)
            else:
                self._back_off(call, outcome, backoff)

    def _once(self, call: ModelCall) -> Outcome:
        note = partial(self._throttle.note_headers, call)
        try:
            outcome = yield from call_once(self.endpoint, self._wire, call, note)
        except QuotaError as error:
            raise self._throttle.final(call, error, self.endpoint.wait) from None
        except RuntimeError:
            # A closed client says so in its own way.
            self._clock.check()
            raise
        if isinstance(outcome, Fault) and outcome.begun:
            self._meter.take(spending_of(call.prompt_tokens, 0, self._price(call.model)))
        return outcome

    def _back_off(self, call: ModelCall, fault: Fault, backoff: Backoff) -> None:
        self._throttle.note_failure(call, fault)
        pause = backoff.next()
        if pause is None:
            raise EndpointError(
                f"{self.endpoint.base_url} gave no usable reply in {self.endpoint.attempts} "
                f"attempts ({fault.reason}): run the same command again, or set "
                "WINNOW_MODEL_ATTEMPTS higher"
            )
        self._throttle.wait(call, max(pause, fault.wait or 0.0))


class ExclusiveKey:
    """Thread-safe; a lock per key, kept only while somebody wants it."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._held: set[str] = set()

    @contextmanager
    def held(self, key: str, check: Callable[[], None]) -> Iterator[None]:
        """Hold a key; `check` is called while another holds it, and raises to end the wait."""
        with self._free:
            while key in self._held:
                self._free.wait(_SLICE)
                check()
            self._held.add(key)
        try:
            yield
        finally:
            with self._free:
                self._held.discard(key)
                self._free.notify_all()


def call_once(
    endpoint: Endpoint, wire: Wire, call: ModelCall, note: Callable[[Mapping[str, str]], None]
) -> Outcome:
    """Make a call once: yield the chunks of a stream, then return the reply or what failed.

    `note` is given the reply's headers before its body is read. A refusal for good is raised.
    """
    import httpx

    begun = False
    try:
        with wire.post(call.path, call.body) as response:
            note(response.headers)
            begun = response.status_code == 200
            kind = str(response.headers.get("content-type", ""))
            if begun and kind.startswith(EVENTS):
                return (yield from _follow(call, wire.events(response)))
            content = wire.read(response)
    except httpx.TimeoutException:
        return Fault(f"no byte for {endpoint.silence:g} seconds", begun=begun)
    except httpx.HTTPError as error:
        said = one_line(error, 200) or type(error).__name__
        return Fault(f"no whole reply: {said}", begun=begun)
    if begun:
        return check_reply(call, content)
    return check_failure(endpoint, call, response.status_code, response.headers, content)


def _follow(call: ModelCall, events: Iterator[str]) -> Outcome:
    chunks: list[dict[str, Any]] = []
    try:
        for chunk in read_chunks(events):
            if chunk is None:
                return check_body(call, StoredReply(200, assemble(chunks)))
            if isinstance(chunk.get("error"), dict):
                return check_body(call, StoredReply(200, chunk))
            chunks.append(chunk)
            yield chunk
    except ValueError:
        return Fault("a stream that is no whole JSON", begun=True)
    return Fault("a stream without its end", begun=True)
