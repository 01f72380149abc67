"""ModelCall: one request to a model's endpoint, its tokens, and the key of its reply."""

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_NOT_CONTENT = ("stream", "stream_options", "user")


@dataclass(frozen=True)
class ModelCall:
    """What is asked; `path` follows the endpoint's base URL, `repeat` tells equal calls apart."""

    path: str
    body: dict[str, Any]
    repeat: int = 0

    @property
    def model(self) -> str:
        """The name by which the endpoint knows the model."""
        return str(self.body.get("model", ""))

    @property
    def streams(self) -> bool:
        """Whether the reply is sent as it grows."""
        return bool(self.body.get("stream"))

    @property
    def embeds(self) -> bool:
        """Whether texts are to become vectors."""
        return self.path.endswith("/embeddings")

    @cached_property
    def request(self) -> dict[str, Any]:
        """What determines the reply: neither host, nor key, nor whether it is streamed."""
        content = {name: self.body[name] for name in self.body if name not in _NOT_CONTENT}
        return {"path": self.path, "repeat": self.repeat, "body": content}

    @cached_property
    def key(self) -> str:
        """A hash of `request`, 64 hexadecimal digits."""
        text = json.dumps(self.request, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def prompt_tokens(self) -> int:
        """An estimate from all that is sent: messages, tools and schemas, or texts."""
        sent = {name: value for name, value in self.body.items() if name != "model"}
        return estimate_tokens(json.dumps(sent, ensure_ascii=False))

    @property
    def completion_tokens(self) -> int:
        """Tokens of the reply at most, so far as the request says."""
        if self.embeds:
            return 0
        most = self.body.get("max_completion_tokens") or self.body.get("max_tokens")
        return int(most) if most else 1024

    @property
    def tokens(self) -> int:
        """Tokens of prompt and reply at most."""
        return self.prompt_tokens + self.completion_tokens


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text takes, without a tokenizer.

    Latin text takes a token for every 3.5 to 4.5 characters, most other writing one for each.
    """
    plain = sum(map(str.isascii, text))
    return math.ceil(plain / 3.5) + len(text) - plain


@dataclass(frozen=True)
class Fault:
    """An attempt that failed and may be made again."""

    reason: str
    wait: float | None = None
    """Seconds that the endpoint asked to wait."""
    limited: bool = False
    """Whether a rate limit was reached, which says nothing against the endpoint."""
    begun: bool = False
    """Whether a reply had begun, whose tokens are lost."""
