"""GitHub's expressions, as far as our workflows use them, evaluated here."""

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"\s*(\|\||&&|==|!=|!|\(|\)|,|'(?:[^']|'')*'|[\w.-]+)")
_INSIDE = re.compile(r"\$\{\{(.+?)\}\}", re.DOTALL)


def fill_in(text: str, contexts: Mapping[str, Any]) -> str:
    """Replace each `${{ … }}` of a text by its value, as the runner writes it."""
    return _INSIDE.sub(lambda found: written(evaluate(found[1], contexts)), text)


def evaluate(text: str, contexts: Mapping[str, Any]) -> Any:
    """Return the value of an expression; a name that is not there is None."""
    whole = _INSIDE.fullmatch(text.strip())
    reader = _Reader((whole[1] if whole else text).strip(), contexts)
    value = reader.either()
    assert reader.tokens == [], f"{text!r}: not understood from {reader.tokens}"
    return value


def written(value: Any) -> str:
    """Return a value as a string: booleans in lower case, nothing for None."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


class _Reader:
    def __init__(self, text: str, contexts: Mapping[str, Any]) -> None:
        self.tokens = _TOKEN.findall(text)
        assert "".join(self.tokens) == re.sub(r"\s(?=(?:[^']*'[^']*')*[^']*$)", "", text), text
        self._contexts = contexts

    def _took(self, *tokens: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in tokens else None

    def either(self) -> Any:
        value = self._both()
        while self._took("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> Any:
        value = self._compared()
        while self._took("&&"):
            other = self._compared()
            value = value and other
        return value

    def _compared(self) -> Any:
        value = self._single()
        while sign := self._took("==", "!="):
            # GitHub compares strings whatever their case.
            same = written(value).lower() == written(self._single()).lower()
            value = same if sign == "==" else not same
        return value

    def _single(self) -> Any:
        if self._took("!"):
            return not self._single()
        if self._took("("):
            value = self.either()
            assert self._took(")")
            return value
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in ("true", "false"):
            return token == "true"
        return self._called(token) if self._took("(") else self._looked_up(token)

    def _called(self, name: str) -> Any:
        values = []
        while not self._took(")"):
            values.append(self.either())
            self._took(",")
        if name == "format":
            return written(values[0]).format(*map(written, values[1:]))
        if name == "startsWith":
            return written(values[0]).startswith(written(values[1]))
        return self._contexts["status"][name]

    def _looked_up(self, name: str) -> Any:
        value: Any = self._contexts
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value
