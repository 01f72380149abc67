"""Failure: the bodies and headers of replies that are errors."""

import json
from dataclasses import dataclass, field

from tests.loopback.call import Call
from tests.loopback.limits import Refusal


@dataclass(frozen=True)
class Failure:
    """An HTTP reply that is no success."""

    status: int
    body: bytes
    outcome: str
    headers: dict[str, str] = field(default_factory=dict)


def failure(
    status: int, message: str, kind: str, code: str | None = None, **more: object
) -> Failure:
    """Return an error as Groq and OpenAI write them."""
    error = {"message": message, "type": kind, "code": code, **more}
    body = json.dumps({"error": error}).encode()
    return Failure(status, body, str(status), {"content-type": "application/json"})


def refused(refusal: Refusal) -> Failure:
    """Return the failure of a limit that was reached; `retry-after` is whole seconds and more."""
    kind = "tokens" if refusal.kind == "tokens" else "requests"
    said = failure(refusal.status, refusal.message, kind, "rate_limit_exceeded")
    if refusal.status == 429:
        said.headers["retry-after"] = f"{refusal.wait:.3f}".rstrip("0").rstrip(".")
    return said


def by_fault(kind: str, call: Call, retry_after: float) -> Failure:
    """Return the failure that a fault of this kind is seen as: 429, 500, 502 or 503."""
    if kind == "429":
        wait = Refusal(
            429,
            "requests",
            f"Rate limit reached for model `{call.model}`. Please try again in {retry_after}s.",
            retry_after,
        )
        return refused(wait)
    if kind == "502":
        page = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
        return Failure(502, page, "502", {"content-type": "text/html"})
    message = "Internal Server Error" if kind == "500" else "Service Unavailable"
    return failure(int(kind), message, "internal_server_error")


def unauthorized() -> Failure:
    return failure(401, "Invalid API Key", "invalid_request_error", "invalid_api_key")


def unknown_model(call: Call) -> Failure:
    return failure(
        404,
        f"The model `{call.model}` does not exist or you do not have access to it.",
        "invalid_request_error",
        "model_not_found",
    )


def unknown_path(path: str) -> Failure:
    return failure(404, f"Unknown request URL: {path}", "invalid_request_error", "unknown_url")


def bad_request(message: str) -> Failure:
    return failure(400, message, "invalid_request_error")


def too_long(call: Call, window: int) -> Failure:
    return failure(
        400,
        f"This model's maximum context length is {window} tokens; your messages have "
        f"{call.prompt_tokens}. Please reduce the length of the messages.",
        "invalid_request_error",
        "context_length_exceeded",
        param="messages",
    )
