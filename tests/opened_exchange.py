"""An Exchange with a scripted endpoint, whose waits take no time."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.endpoint import endpoint_at
from pipeline.exchange import Exchange
from pipeline.halt import Halt
from pipeline.limit_memory import LimitMemory
from pipeline.meter import Meter
from pipeline.model_call import ModelCall
from pipeline.params import SpendingParams
from pipeline.reply_store import ReplyStore
from tests.instant_clock import InstantClock

PATH = "/openai/v1/chat/completions"


@dataclass(frozen=True)
class OpenedExchange:
    """An Exchange and the parts of it that tests look at."""

    exchange: Exchange
    meter: Meter
    clock: InstantClock
    memory: LimitMemory
    stored_only: ContextVar[bool]


def _opened(
    environ: Mapping[str, str], folder: Path, spending: SpendingParams | None
) -> OpenedExchange:
    """Open one of Groq's API, with its replies in `folder`."""
    endpoint, clock, meter = endpoint_at("groq", environ), InstantClock(), Meter(spending)
    stored_only: ContextVar[bool] = ContextVar("stored_only", default=False)
    memory = LimitMemory(folder / "limits", endpoint.base_url)
    exchange = Exchange(
        endpoint,
        ReplyStore(str(folder / "replies")),
        meter,
        lambda model: None,  # noqa: ARG005
        memory,
        stored_only,
        Halt(clock),
        clock,
    )
    return OpenedExchange(exchange, meter, clock, memory, stored_only)


class Opening(Protocol):
    def __call__(
        self, environ: Mapping[str, str], folder: Path, spending: SpendingParams | None = None
    ) -> OpenedExchange: ...


@contextmanager
def opened_exchanges() -> Iterator[Opening]:
    """Hand out what opens Exchanges, and close them all in the end."""
    with ExitStack() as stack:

        def opening(
            environ: Mapping[str, str], folder: Path, spending: SpendingParams | None = None
        ) -> OpenedExchange:
            opened = _opened(environ, folder, spending)
            stack.callback(opened.exchange.close)
            return opened

        yield opening


def question(text: str = "Where?", repeat: int = 0, **more: object) -> ModelCall:
    """Return a call that asks a question."""
    messages = [{"role": "user", "content": text}]
    body = {"model": "llama", "messages": messages, "max_tokens": 50, **more}
    return ModelCall(PATH, body, repeat)
