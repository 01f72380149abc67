"""Attempt: one request on the wire, and whether what came back is a whole reply."""

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.endpoint import Endpoint
from pipeline.endpoint_fault import Fault
from pipeline.event_stream import assemble, read_events
from pipeline.model_call import ModelCall
from pipeline.reply_check import check_body, check_failure, check_reply
from pipeline.reply_store import StoredReply
from pipeline.wire import Wire

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
