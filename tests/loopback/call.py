"""Call: one request of the API as the server sees it."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_NOT_CONTENT = ("stream", "stream_options", "user")


def share_of(*parts: object) -> float:
    """Return a number in [0, 1) that depends on the parts alone."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


def tokens_in(text: str) -> int:
    """Return about the number of tokens: four bytes each."""
    return -(-len(text.encode()) // 4)


@dataclass(frozen=True)
class Call:
    """A request's path and its body, which is a JSON object."""

    path: str
    body: dict[str, Any]

    @property
    def by_groq(self) -> bool:
        """Whether it came by Groq's paths."""
        return self.path.startswith("/openai/")

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))

    @cached_property
    def digest(self) -> str:
        """A name of what is asked; the same whether the reply is streamed or not."""
        asked = {name: value for name, value in self.body.items() if name not in _NOT_CONTENT}
        text = json.dumps([self.path, asked], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def messages(self) -> list[tuple[str, str]]:
        """Role and text of each message."""
        return [
            (str(message.get("role", "")), _text(message.get("content")))
            for message in self.body.get("messages", [])
        ]

    @cached_property
    def prompt_tokens(self) -> int:
        """About the tokens of all that is sent: messages, tools and schemas, or texts to embed."""
        sent = [self.body.get(name) for name in ("messages", "tools", "response_format", "input")]
        return tokens_in(json.dumps([part for part in sent if part], ensure_ascii=False))


def _text(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content)
    return "" if content is None else str(content)
