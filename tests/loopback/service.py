"""Service: what becomes of each request, whatever carries it."""

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from tests.loopback import failure
from tests.loopback.behaviour import Behaviour
from tests.loopback.call import Call
from tests.loopback.counts import Counts
from tests.loopback.failure import Failure
from tests.loopback.fault_schedule import FaultSchedule
from tests.loopback.hashed_vector import embeddings, texts_of
from tests.loopback.limits import Limits
from tests.loopback.model import Model
from tests.loopback.reply import Reply

PREFIXES = ("/openai/v1", "/v1")
# Faults that break a reply on its way; the others are replies of their own.
BREAKING = ("stall", "cut", "half", "silence")

Said = Reply | dict[str, Any] | Failure


@dataclass(frozen=True)
class Decision:
    """What is said, and the fault that breaks it on its way."""

    said: Said
    fault: str | None = None

    @property
    def outcome(self) -> str:
        return self.said.outcome if isinstance(self.said, Failure) else self.fault or "200"


class Service:
    """Thread-safe; its settings can be changed while it runs."""

    def __init__(self, **settings: Any) -> None:
        self.behaviour = Behaviour().changed(**settings)
        self.closing = threading.Event()
        self._start_anew()

    def _start_anew(self) -> None:
        self.counted = Counts()
        self._faults = FaultSchedule()
        self._limits = Limits()
        self._model = Model()

    def control(self, reset: bool = False, **settings: Any) -> dict[str, Any]:
        """Change settings and return all; `reset` forgets counts, faults and limits.

        Raises:
            ValueError: a name or a value that is not known.
        """
        self.behaviour = self.behaviour.changed(**settings)
        if reset:
            self._start_anew()
        return asdict(self.behaviour)

    def headers(self, call: Call) -> dict[str, str]:
        """Return the limit headers of a reply."""
        return self._limits.headers(call, self.behaviour)

    def decide(self, call: Call, authorization: str | None) -> Decision:
        """Return what becomes of a request, and count it so."""
        self.counted.begin(call)
        decision, tokens = Decision(failure.bad_request("unforeseen")), 0
        try:
            decision, tokens = self._decided(call, authorization)
        finally:
            # Before it is written: whoever has the reply finds it counted.
            self.counted.end(call, decision.outcome, tokens)
        return decision

    def _decided(self, call: Call, authorization: str | None) -> tuple[Decision, int]:
        behaviour = self.behaviour
        refused = self._refused(call, authorization)
        if refused is not None:
            return Decision(refused), 0
        if behaviour.delay:
            time.sleep(behaviour.delay)
        fault = self._faults.draw(call, behaviour)
        if fault is not None and fault not in BREAKING:
            return Decision(failure.by_fault(fault, call, behaviour.retry_after)), 0
        said = self._said(call)
        if isinstance(said, Failure):
            return Decision(said), 0
        tokens = call.prompt_tokens + (said.tokens if isinstance(said, Reply) else 0)
        limit = self._limits.admit(call, tokens, fault is None, behaviour)
        if limit is not None:
            return Decision(failure.refused(limit)), 0
        return Decision(said, fault), tokens

    def _refused(self, call: Call, authorization: str | None) -> Failure | None:
        behaviour = self.behaviour
        if call.path not in [
            prefix + rest for prefix in PREFIXES for rest in ("/chat/completions", "/embeddings")
        ]:
            return failure.unknown_path(call.path)
        if behaviour.key and authorization != f"Bearer {behaviour.key}":
            return failure.unauthorized()
        if behaviour.models is not None and call.model not in behaviour.models:
            return failure.unknown_model(call)
        if behaviour.window is not None and call.prompt_tokens > behaviour.window:
            return failure.too_long(call, behaviour.window)
        return None

    def _said(self, call: Call) -> Said:
        if call.path.endswith("/chat/completions"):
            if not call.messages:
                return failure.bad_request("'messages' : minimum number of items is 1")
            return self._model.reply(call, self.counted.answered(call), self.behaviour)
        try:
            texts_of(call.body.get("input"))
        except ValueError as error:
            return failure.bad_request(str(error))
        return embeddings(call, self.behaviour.dimension)
