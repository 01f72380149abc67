"""Malformation: replies that do not have the form that was asked for."""

import json
from typing import Any

from tests.loopback.call import Call
from tests.loopback.failure import Failure, failure
from tests.loopback.reply import Reply
from tests.loopback.wanted import Wanted


def malformed(kind: str, call: Call, wanted: Wanted, content: dict[str, Any]) -> Reply | Failure:
    """Return a reply that is cut off, of another schema, empty, a refusal or rejected by Groq.

    An endpoint that does not look at its model's replies rejects none; there it is cut off.
    """
    text = json.dumps(content)
    cut = text[: 2 * len(text) // 3]
    if kind == "schema":
        return wanted.reply({"outcome": "fine"})
    if kind == "empty":
        return Reply("")
    if kind == "refusal":
        return Reply("I'm sorry, but I can't help with that.")
    if kind == "rejected" and call.by_groq and wanted.checked:
        return _rejected(wanted, cut)
    return Reply(cut, wanted.tool)


def _rejected(wanted: Wanted, generation: str) -> Failure:
    what = "call a function" if wanted.tool else "generate JSON"
    return failure(
        400,
        f"Failed to {what}. Please adjust your prompt. See 'failed_generation' for more details.",
        "invalid_request_error",
        "tool_use_failed" if wanted.tool else "json_validate_failed",
        failed_generation=generation,
    )
