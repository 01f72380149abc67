"""Wanted: the form that a request asks its reply in."""

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.loopback.call import Call
from tests.loopback.reply import Reply

_IN_PROMPT = re.compile(r"schema as specified in JSON Schema:\s*(?=\{)")


@dataclass(frozen=True)
class Wanted:
    """An object of a JSON schema: as a tool's arguments, as bare JSON or in a fenced block."""

    schema: dict[str, Any]
    tool: str | None = None
    fenced: bool = False
    checked: bool = False
    """Whether Groq itself looks at what its model makes: tools, and JSON mode."""

    def reply(self, content: dict[str, Any]) -> Reply:
        text = json.dumps(content, ensure_ascii=False)
        return Reply(f"```json\n{text}\n```" if self.fenced else text, self.tool)


def wanted_by(call: Call) -> Wanted | None:
    """Return the form that the request names, or None where any text will do."""
    for tool in call.body.get("tools") or []:
        function = tool.get("function", {})
        return Wanted(function.get("parameters", {}), function.get("name"), checked=True)
    form = call.body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return Wanted(form["json_schema"].get("schema", {}), checked=True)
    schema = _schema_in_messages(call)
    if form.get("type") == "json_object":
        return Wanted(schema or {}, checked=True)
    return Wanted(schema, fenced=True) if schema is not None else None


def _schema_in_messages(call: Call) -> dict[str, Any] | None:
    """Return the schema that instructor puts into the system's message, or ragas into its prompt.

    Passages may hold anything, so that a user's message counts only with ragas' own words.
    """
    for role, text in call.messages:
        if role == "system" and "json_schema" in text:
            return _object_at(text, text.find("{"))
    for _, text in call.messages:
        if found := _IN_PROMPT.search(text):
            return _object_at(text, found.end())
    return None


def _object_at(text: str, start: int) -> dict[str, Any] | None:
    try:
        found, _ = json.JSONDecoder().raw_decode(text, max(start, 0))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
