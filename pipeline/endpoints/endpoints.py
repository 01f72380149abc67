"""Endpoints: every call to a language model goes through here."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pipeline.endpoints.clients import Chat, embed, open_client
from pipeline.endpoints.endpoint import Provider, calls_at_once, endpoint_at
from pipeline.endpoints.exchange import Exchange
from pipeline.endpoints.limits import LimitMemory
from pipeline.endpoints.price import Forecast, Price, forecast_of, price_of
from pipeline.endpoints.replies import ReplyStore
from pipeline.endpoints.spending import Meter
from pipeline.endpoints.waiting import FinalErrors, InterruptibleClock
from pipeline.params import SpendingParams

Opened = TypeVar("Opened")


class Endpoints:
    """Thread-safe; nothing is read or opened before it is needed. A context manager.

    `folder` is where what was learned from endpoints is kept, `meter` counts all replies. Whatever
    needs an endpoint raises PrerequisiteError where the environment lacks its key, or holds what
    cannot be used. What holds `within` a context does so for the thread that says so and for what
    copies its context: asyncio's tasks and `asyncio.to_thread` do, a pool's threads only if handed
    `contextvars.copy_context().run`.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        folder: Path,
        spending: SpendingParams | None = None,
        clock: InterruptibleClock | None = None,
    ) -> None:
        self._environ = environ
        self.folder = folder
        self._spending = spending
        self._clock = clock or InterruptibleClock()
        self._final_errors = FinalErrors(self._clock)
        self.meter = Meter(spending)
        self._stored_only: ContextVar[bool] = ContextVar("stored_only", default=False)
        self._lock = threading.RLock()
        self._opened: dict[object, Any] = {}

    def __enter__(self) -> "Endpoints":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def chat(
        self,
        provider: Provider,
        model: str,
        *,
        temperature: float,
        max_tokens: int,
        repeat: int = 0,
    ) -> Chat:
        """Return a conversation partner; `repeat` tells equal calls apart."""
        endpoint = self._exchange(provider).endpoint
        # OpenAI's later models refuse the older name, other servers know only that.
        new = urlsplit(endpoint.base_url).hostname == "api.openai.com"
        options = {
            "temperature": temperature,
            "max_completion_tokens" if new else "max_tokens": max_tokens,
        }
        client = self._client(provider, repeat, is_async=False)
        # Groq tells the tokens of a stream unasked, and its SDK knows no such option.
        more = {} if provider == "groq" else {"stream_options": {"include_usage": True}}
        return Chat(client, model, options, more, self._price(provider, model))

    def async_client(self, provider: Provider, repeat: int = 0) -> Any:
        """Return an `AsyncGroq` or `AsyncOpenAI`; `find_own_error` tells its errors."""
        return self._client(provider, repeat, is_async=True)

    def embed(self, provider: Provider, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text, in one call; raises as a Chat does."""
        return embed(self._client(provider, 0, is_async=False), model, texts)

    @property
    def concurrency(self) -> int:
        """Calls that may be made at the same time."""
        return calls_at_once(self._environ)

    @contextmanager
    def stored_only(self) -> Iterator[None]:
        """Within it a reply that is not stored raises NotStoredError."""
        token = self._stored_only.set(True)
        try:
            yield
        finally:
            self._stored_only.reset(token)

    def forecast(
        self, provider: Provider, model: str, calls: Sequence[tuple[int, int]]
    ) -> Forecast:
        """Return what calls of so many tokens of prompt and completion take at most."""
        endpoint = endpoint_at(provider, self._environ)
        limits = self._memory(endpoint.base_url).read(model)
        limits |= {(kind, 60.0): most for kind, most in endpoint.per_minute.items()}
        return forecast_of(calls, self._price(provider, model), limits, self._spending)

    def close(self) -> None:
        """Wake everything that waits, and end all connections."""
        self._clock.stop()
        with self._lock:
            opened, self._opened = list(self._opened.values()), {}
        for each in opened:
            if isinstance(each, Exchange):
                each.close()
            elif isinstance(each, ThreadPoolExecutor):
                each.shutdown(wait=False, cancel_futures=True)

    def _once(self, name: object, make: Callable[[], Opened]) -> Opened:
        with self._lock:
            if name not in self._opened:
                self._clock.check()
                self._opened[name] = make()
            opened: Opened = self._opened[name]
            return opened

    def _exchange(self, provider: Provider) -> Exchange:
        def make() -> Exchange:
            endpoint = endpoint_at(provider, self._environ)
            replies = self._environ.get("WINNOW_REPLIES") or str(self.folder / "replies")
            return Exchange(
                endpoint,
                self._once("replies", lambda: ReplyStore(replies)),
                self.meter,
                lru_cache(lambda model: self._price(provider, model)),
                self._memory(endpoint.base_url),
                self._stored_only,
                self._final_errors,
                self._clock,
            )

        return self._once(provider, make)

    def _client(self, provider: Provider, repeat: int, *, is_async: bool) -> Any:
        def make() -> Any:
            size = self.concurrency
            pool = self._once("pool", lambda: ThreadPoolExecutor(size, "model"))
            return open_client(provider, self._exchange(provider), repeat, pool, is_async=is_async)

        return self._once((provider, repeat, is_async), make)

    def _memory(self, base_url: str) -> LimitMemory:
        return self._once(
            ("limits", base_url), lambda: LimitMemory(self.folder / "limits", base_url)
        )

    def _price(self, provider: Provider, model: str) -> Price | None:
        base_url = endpoint_at(provider, self._environ).base_url
        return price_of(provider, base_url, model, self._spending)
