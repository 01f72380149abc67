"""Exchange: a call to one endpoint with its reply, stored or asked for until it is whole."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

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
from pipeline.endpoints.spending import Meter, ReplyUsage, usage_of
from pipeline.endpoints.throttle import CallGate
from pipeline.endpoints.waiting import Backoff, Halt, InterruptibleClock
from pipeline.endpoints.wire import RESTART, Wire, assemble, disassemble, read_events
from pipeline.errors import BudgetError, EndpointError, NotStoredError, QuotaError

if TYPE_CHECKING:
    from httpx import Response

Outcome = Generator[dict[str, Any], None, StoredReply | Fault]


def attempt(
    endpoint: Endpoint, wire: Wire, call: ModelCall, note: Callable[[Mapping[str, str]], None]
) -> Outcome:
    """Make a call once: yield the chunks of a stream, then return the reply or what failed.

    `note` is given the reply's headers before its body is read.

    Raises:
        EndpointError: the endpoint refused for good.
        PrerequisiteError: key, model or address are not right.
    """
    import httpx

    begun = False
    try:
        with wire.post(call.path, call.body) as response:
            note(response.headers)
            begun = response.status_code == 200
            if begun and _is_stream(response):
                return (yield from _follow(call, wire.lines(response)))
            content = wire.read(response)
    except httpx.TimeoutException:
        return Fault(f"no byte for {endpoint.silence:g} seconds", begun=begun)
    except httpx.HTTPError as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        return Fault(f"no whole reply: {said}", begun=begun)
    if begun:
        return check_reply(call, content)
    return check_failure(endpoint, call, response.status_code, response.headers, content)


def _is_stream(response: "Response") -> bool:
    return str(response.headers.get("content-type", "")).startswith("text/event-stream")


def _follow(call: ModelCall, lines: Iterator[str]) -> Outcome:
    chunks: list[dict[str, Any]] = []
    whole = False
    try:
        for chunk in read_events(lines):
            if chunk is None:
                whole = True
            elif isinstance(chunk.get("error"), dict):
                return check_body(call, StoredReply(200, chunk))
            else:
                chunks.append(chunk)
                yield chunk
    except ValueError:
        return Fault("a stream that is no whole JSON", begun=True)
    if not whole:
        return Fault("a stream without its end", begun=True)
    return check_body(call, StoredReply(200, assemble(chunks)))


_SLICE = 0.1


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


Chunks = Generator[dict[str, Any], None, StoredReply]


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
        halt: Halt,
        clock: InterruptibleClock,
    ) -> None:
        self.endpoint = endpoint
        self._store = store
        self._meter = meter
        self._price = price
        self._stored_only = stored_only
        self._halt = halt
        self._clock = clock
        self._wire = Wire(endpoint)
        self._gate = CallGate(endpoint, memory, halt, clock)
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
            self._meter.count(self._usage(call, stored), fresh=False)
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
        self._gate.check(call)
        self._store.prepare()
        try:
            with self._meter.reserved(self._most(call), partial(self._gate.check, call)):
                reply = yield from self._until_whole(call)
                usage = self._usage(call, reply)
                self._meter.use(usage)
        except BudgetError as error:
            self._halt.remember(error)
            raise
        self._gate.answered(call, usage.prompt_tokens + usage.completion_tokens)
        self._meter.count(usage, fresh=True)
        self._store.write(call.key, call.request, reply)
        return reply

    def _until_whole(self, call: ModelCall) -> Chunks:
        backoff = Backoff(self.endpoint.attempts)
        patience = self.endpoint.wait
        while True:
            with self._gate.passed(call):
                outcome = yield from self._attempt(call)
            if isinstance(outcome, StoredReply):
                return outcome
            if call.streams:
                yield RESTART
            if outcome.limited and outcome.wait is not None:
                patience -= outcome.wait
                self._gate.refused(call, outcome, patience)
            else:
                self._back_off(call, outcome, backoff)

    def _attempt(self, call: ModelCall) -> Generator[dict[str, Any], None, StoredReply | Fault]:
        note = partial(self._gate.note, call)
        try:
            outcome = yield from attempt(self.endpoint, self._wire, call, note)
        except QuotaError as error:
            raise self._gate.halted(call, error, self.endpoint.wait) from None
        except RuntimeError:
            # A closed client says so in its own way.
            self._clock.check()
            raise
        if isinstance(outcome, Fault) and outcome.begun:
            lost = ReplyUsage(call.prompt_tokens, 0, None)
            self._meter.use(self._priced(call, lost))
        return outcome

    def _back_off(self, call: ModelCall, fault: Fault, backoff: Backoff) -> None:
        """Wait before the next attempt, or give up."""
        self._gate.failed(call, fault)
        pause = backoff.next()
        if pause is None:
            raise EndpointError(
                f"{self.endpoint.base_url} gave no usable reply in {self.endpoint.attempts} "
                f"attempts ({fault.reason}): run the same command again, or set "
                "WINNOW_MODEL_ATTEMPTS higher"
            )
        self._gate.hold(call, max(pause, fault.wait or 0.0))

    def _most(self, call: ModelCall) -> ReplyUsage:
        return self._priced(call, ReplyUsage(call.prompt_tokens, call.completion_tokens, None))

    def _priced(self, call: ModelCall, usage: ReplyUsage) -> ReplyUsage:
        price = self._price(call.model)
        tokens = usage.prompt_tokens, usage.completion_tokens
        return ReplyUsage(*tokens, price.of(*tokens) if price else None)

    def _usage(self, call: ModelCall, reply: StoredReply) -> ReplyUsage:
        return usage_of(call, reply.body, self._price(call.model))
