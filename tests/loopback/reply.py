"""Reply: what the fake model says, and its forms on the wire."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.loopback.call import Call, tokens_in

_CREATED = 1_750_000_000


@dataclass(frozen=True)
class Reply:
    """A text, or the arguments of a tool that the request named."""

    text: str
    tool: str | None = None
    finish_reason: str = "stop"

    @property
    def tokens(self) -> int:
        return max(1, tokens_in(self.text))

    def within(self, most: object) -> "Reply":
        """Return it cut off at so many tokens, as an endpoint does."""
        if not isinstance(most, int) or self.tokens <= most:
            return self
        text = self.text.encode()[: 4 * most].decode(errors="ignore")
        return replace(self, text=text, finish_reason="length")


def completion(call: Call, reply: Reply) -> dict[str, Any]:
    """Return a `chat.completion`."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.tool is not None:
        message = {"role": "assistant", "content": None, "tool_calls": [_tool_call(call, reply)]}
    content = {
        **_head(call, "chat.completion"),
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": _finish_reason(reply),
            }
        ],
        "usage": _usage(call, reply),
    }
    return content | ({"x_groq": {"id": f"req_{call.digest}"}} if call.by_groq else {})


def events(call: Call, reply: Reply) -> Iterator[str]:
    """Yield the server-sent events of a streamed completion, the end mark last."""
    for number, delta in enumerate(_deltas(call, reply)):
        opening = {"x_groq": {"id": f"req_{call.digest}"}} if not number and call.by_groq else {}
        yield _event(_chunk(call, delta, None) | opening)
    last = _chunk(call, {}, _finish_reason(reply))
    if call.by_groq:
        last["x_groq"] = {"id": f"req_{call.digest}", "usage": _usage(call, reply)}
    yield _event(last)
    if (call.body.get("stream_options") or {}).get("include_usage"):
        head = _head(call, "chat.completion.chunk")
        yield _event(head | {"choices": [], "usage": _usage(call, reply)})
    yield "data: [DONE]\n\n"


def _deltas(call: Call, reply: Reply) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    if reply.tool is not None:
        yield {"tool_calls": [{"index": 0} | _tool_call(call, reply)]}
        return
    for word in re.findall(r"\s*\S+|\s+$", reply.text):
        yield {"content": word}


def _chunk(call: Call, delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _head(call, "chat.completion.chunk") | {"choices": [choice]}


def _head(call: Call, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{call.digest}",
        "object": kind,
        "created": _CREATED,
        "model": call.model,
        "system_fingerprint": "fp_loopback",
    }


def _finish_reason(reply: Reply) -> str:
    called = reply.tool is not None and reply.finish_reason == "stop"
    return "tool_calls" if called else reply.finish_reason


def _tool_call(call: Call, reply: Reply) -> dict[str, Any]:
    function = {"name": reply.tool, "arguments": reply.text}
    return {"id": f"call_{call.digest}", "type": "function", "function": function}


def _usage(call: Call, reply: Reply) -> dict[str, Any]:
    usage: dict[str, Any] = {
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": reply.tokens,
        "total_tokens": call.prompt_tokens + reply.tokens,
    }
    if call.by_groq:
        times = {"queue_time": 0.01, "prompt_time": 0.01, "completion_time": 0.1}
        usage |= times | {"total_time": 0.11}
    return usage


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content)}\n\n"
