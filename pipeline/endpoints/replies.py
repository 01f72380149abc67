"""Replies: where they are stored, and whether what came is one, a fault, or a refusal for good."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pipeline.endpoints.call import Fault, ModelCall
from pipeline.endpoints.endpoint import Endpoint
from pipeline.endpoints.limits import read_wait
from pipeline.errors import PrerequisiteError, QuotaError, RefusedError, one_line
from pipeline.files import write_text

# Statuses that say nothing about the request: too early, busy, and Groq's flex capacity.
_PASSING = (408, 409, 425, 429, 498)
# Groq's way to say that the model's reply was no valid JSON or no call of a tool.
_MALFORMED = ("json_validate_failed", "tool_use_failed")


@dataclass(frozen=True)
class StoredReply:
    """The status and the JSON body of a reply."""

    status: int
    body: dict[str, Any]


class ReplyStore:
    """A folder, or what fsspec opens, such as `s3://bucket/replies`; many may use it at once.

    A reply lies at `ab/abcdef….json` with the request that it answers: no header, no host, no
    key, no clock. Equal replies have equal bytes, whoever wrote them. A place that cannot be
    opened, read or written is a PrerequisiteError.
    """

    def __init__(self, location: str) -> None:
        self._shown = "WINNOW_REPLIES" if "@" in location else location
        self._folder = location.rstrip("/")
        self._prepared = False
        self._remote: Any = None
        if "://" in location:
            import fsspec

            try:
                self._remote, self._folder = fsspec.core.url_to_fs(location)
            except (ValueError, ImportError) as error:
                raise self._failure("opened", error) from None

    def prepare(self) -> None:
        """Try once whether a file can be written, so that no reply is paid for and lost."""
        if not self._prepared:
            self._write(f"{self._folder}/.writable", "")
            self._prepared = True

    def read(self, key: str) -> StoredReply | None:
        """Return a stored reply, or None; a file that is no reply counts as none."""
        path = self._path(key)
        try:
            content = self._remote.cat_file(path) if self._remote else Path(path).read_bytes()
            record = json.loads(content)
            return StoredReply(int(record["status"]), dict(record["reply"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        except Exception as error:
            raise self._failure("read", error) from None

    def write(self, key: str, request: dict[str, Any], reply: StoredReply) -> None:
        """Store a reply, whole or not at all."""
        record = {"request": request, "status": reply.status, "reply": reply.body}
        text = json.dumps(record, sort_keys=True, indent=1, ensure_ascii=True) + "\n"
        self._write(self._path(key), text)

    def _path(self, key: str) -> str:
        return f"{self._folder}/{key[:2]}/{key}.json"

    def _write(self, path: str, text: str) -> None:
        try:
            if self._remote is None:
                write_text(Path(path), text)
            else:
                self._remote.pipe_file(path, text.encode())
        except Exception as error:
            raise self._failure("written", error) from None

    def _failure(self, done: str, error: Exception) -> PrerequisiteError:
        reason = one_line(error, 200) or type(error).__name__
        return PrerequisiteError(
            f"the replies in {self._shown} cannot be {done} ({reason}): set WINNOW_REPLIES to a "
            "folder or an s3:// address that can be read and written"
        )


def check_reply(call: ModelCall, content: bytes) -> StoredReply | Fault:
    """Return the body of a reply with status 200, or what it lacks."""
    try:
        body = json.loads(content)
    except ValueError:
        return Fault("a reply that is no whole JSON", begun=True)
    if not isinstance(body, dict):
        return Fault("a reply that is no JSON object", begun=True)
    return check_body(call, StoredReply(200, body))


def check_body(call: ModelCall, reply: StoredReply) -> StoredReply | Fault:
    """Return a reply if its body is whole, else what it lacks."""
    body = reply.body
    if reply.status != 200:
        return reply
    if isinstance(body.get("error"), dict):
        return Fault(f"an error instead of a reply: {_said(body)}")
    whole = _has_vectors(call, body) if call.embeds else _has_messages(body)
    return reply if whole else Fault("a reply without all that was asked for", begun=True)


def _has_messages(body: dict[str, Any]) -> bool:
    choices = body.get("choices")
    return bool(choices) and all(
        isinstance(choice, dict)
        and isinstance(choice.get("message"), dict)
        and isinstance(choice.get("finish_reason"), str)
        for choice in (choices if isinstance(choices, list) else [None])
    )


def _has_vectors(call: ModelCall, body: dict[str, Any]) -> bool:
    texts, rows = call.body.get("input"), body.get("data")
    if not isinstance(rows, list) or len(rows) != (len(texts) if isinstance(texts, list) else 1):
        return False
    return all(isinstance(row, dict) and _is_vector(row.get("embedding")) for row in rows)


def _is_vector(value: object) -> bool:
    if isinstance(value, str):
        return bool(value)
    numbers = value if isinstance(value, list) else []
    return bool(numbers) and all(
        isinstance(number, int | float) and math.isfinite(number) for number in numbers
    )


def check_failure(
    endpoint: Endpoint, call: ModelCall, status: int, headers: Mapping[str, str], content: bytes
) -> StoredReply | Fault:
    """Return what another status than 200 means for a call.

    Raises:
        PrerequisiteError: the key, the model or the address is not right.
        QuotaError: a quota is used up.
        RefusedError: the endpoint will not answer this request.
    """
    try:
        body = json.loads(content)
    except ValueError:
        body = {}
    said = _said(body)
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    if status == 400 and code in _MALFORMED:
        return StoredReply(400, body)
    reason = f"status {status}" + (f": {said}" if said else "")
    if status not in _PASSING and status < 500:
        _refuse(endpoint, call, status, reason)
    if code == "insufficient_quota":
        raise QuotaError(
            f"the account has no credit left ({said}): add some and run the same command, it goes "
            "on from the stored replies"
        )
    return Fault(reason, read_wait(headers, said), limited=status == 429)


def _refuse(endpoint: Endpoint, call: ModelCall, status: int, reason: str) -> NoReturn:
    where = endpoint.base_url
    if status in (401, 403):
        raise PrerequisiteError(
            f"{where} does not let this key in ({reason}): set {endpoint.key_variable} to one that "
            f"may use {call.model!r}"
        )
    if status == 404:
        keys = "`encoder.model`" if call.embeds else "`generation.model` or `judge.model`"
        raise PrerequisiteError(
            f"{where} knows no model {call.model!r} ({reason}): change {keys} in params.yaml, or "
            f"{endpoint.url_variable} if the address is wrong"
        )
    if status < 400:
        raise PrerequisiteError(
            f"{where} sends elsewhere ({reason}): set {endpoint.url_variable} to where it moved"
        )
    raise RefusedError(
        f"{where} refuses this request to {call.model!r} ({reason}): shorten or change it"
    )


def _said(body: object) -> str:
    error = body.get("error", body) if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return one_line(message or "", 500)
