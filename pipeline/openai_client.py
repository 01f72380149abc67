"""OpenAI's SDK, with its calls going by an Exchange."""

from concurrent.futures import Executor
from typing import Any

from pipeline.client_transport import ADDRESS, KEY, ClientTransport
from pipeline.exchange import Exchange


def open_openai(exchange: Exchange, repeat: int, pool: Executor) -> Any:
    """Return a `openai.OpenAI` that retries nothing itself; a cut stream starts anew."""
    import httpx2
    from openai import OpenAI

    transport = ClientTransport(httpx2, exchange, repeat, pool, restarts=True)
    client = httpx2.Client(transport=transport)  # type: ignore[arg-type]
    return OpenAI(api_key=KEY, base_url=ADDRESS, max_retries=0, http_client=client)


def open_async_openai(exchange: Exchange, repeat: int, pool: Executor) -> Any:
    """Return a `openai.AsyncOpenAI` that retries nothing itself; a stream comes whole."""
    import httpx2
    from openai import AsyncOpenAI

    transport = ClientTransport(httpx2, exchange, repeat, pool)
    client = httpx2.AsyncClient(transport=transport)  # type: ignore[arg-type]
    return AsyncOpenAI(api_key=KEY, base_url=ADDRESS, max_retries=0, http_client=client)
