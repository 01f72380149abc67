"""Exchange: a call to one endpoint with its reply, stored or asked for until it is whole."""

from collections.abc import Callable, Generator
from contextlib import nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any

from pipeline.attempt import attempt
from pipeline.backoff import Backoff
from pipeline.call_gate import CallGate
from pipeline.endpoint import Endpoint
from pipeline.endpoint_fault import Fault
from pipeline.errors import BudgetError, EndpointError, NotStoredError, QuotaError
from pipeline.event_stream import RESTART, disassemble
from pipeline.exclusive_key import ExclusiveKey
from pipeline.halt import Halt
from pipeline.interruptible_clock import InterruptibleClock
from pipeline.limit_memory import LimitMemory
from pipeline.meter import Meter
from pipeline.model_call import ModelCall
from pipeline.price import Price
from pipeline.reply_check import check_body
from pipeline.reply_store import ReplyStore, StoredReply
from pipeline.reply_usage import ReplyUsage, usage_of
from pipeline.wire import Wire

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
