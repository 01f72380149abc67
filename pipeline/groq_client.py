"""Groq's SDK, with its calls going by an Exchange."""

from concurrent.futures import Executor
from typing import Any

from pipeline.client_transport import ADDRESS, KEY, ClientTransport
from pipeline.exchange import Exchange


def open_groq(exchange: Exchange, repeat: int, pool: Executor) -> Any:
    """Return a `groq.Groq` that retries nothing itself; a cut stream starts anew."""
    import httpx
    from groq import Groq

    transport = ClientTransport(httpx, exchange, repeat, pool, restarts=True)
    client = httpx.Client(transport=transport)  # type: ignore[arg-type]
    return Groq(api_key=KEY, base_url=ADDRESS, max_retries=0, http_client=client)


def open_async_groq(exchange: Exchange, repeat: int, pool: Executor) -> Any:
    """Return a `groq.AsyncGroq` that retries nothing itself; a stream comes whole."""
    import httpx
    from groq import AsyncGroq

    transport = ClientTransport(httpx, exchange, repeat, pool)
    client = httpx.AsyncClient(transport=transport)  # type: ignore[arg-type]
    return AsyncGroq(api_key=KEY, base_url=ADDRESS, max_retries=0, http_client=client)
