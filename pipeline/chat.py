"""Chat: messages to a language model, and what it says to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.endpoint_fault import own_fault
from pipeline.onnx_session import encodable
from pipeline.price import Price


@dataclass(frozen=True, slots=True)
class Message:
    """What one side of a conversation says."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model says; tokens and cost (US dollars) are None where they are not known."""

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    finish_reason: str | None = None


class Chat:
    """Thread-safe; `client` is a `Groq` or an `OpenAI`, `options` go to the model."""

    def __init__(
        self,
        client: Any,
        model: str,
        options: dict[str, Any],
        stream_options: dict[str, Any],
        price: Price | None,
    ) -> None:
        self._client = client
        self._model = model
        self._options = options
        self._stream_options = stream_options
        self._price = price

    def complete(self, messages: Sequence[Message]) -> Completion:
        """Return what the model says, all at once.

        Raises:
            EndpointError: no reply could be had.
            PrerequisiteError: key, model, address or store are not right.
        """
        fault = None
        try:
            reply = self._create(messages)
        except Exception as error:
            fault = own_fault(error)
        if fault is not None:
            # Raised here it has no context, in which an SDK's error would hold it once more.
            raise fault
        choice = reply.choices[0]
        return self._completion(choice.message.content or "", choice.finish_reason, reply.usage)

    def stream(self, messages: Sequence[Message]) -> Iterator[Completion]:
        """Yield what the model says as it grows; the last one has tokens and cost.

        When the stream is cut it is asked again, and the text starts anew.

        Raises:
            EndpointError: no reply could be had.
            PrerequisiteError: key, model, address or store are not right.
        """
        text, finish_reason, usage, fault = "", None, None, None
        try:
            with self._create(messages, stream=True, **self._stream_options) as chunks:
                for chunk in chunks:
                    usage = _usage(chunk) or usage
                    if (chunk.model_extra or {}).get("restart"):
                        text, finish_reason = "", None
                    for choice in chunk.choices[:1]:
                        finish_reason = choice.finish_reason or finish_reason
                        text += choice.delta.content or ""
                        if choice.delta.content:
                            yield Completion(text)
        except Exception as error:
            fault = own_fault(error)
        if fault is not None:
            raise fault
        yield self._completion(text, finish_reason, usage)

    def _create(self, messages: Sequence[Message], **more: Any) -> Any:
        return self._client.chat.completions.create(
            model=self._model,
            messages=[{"role": each.role, "content": encodable(each.content)} for each in messages],
            **self._options,
            **more,
        )

    def _completion(self, text: str, finish_reason: str | None, usage: Any) -> Completion:
        if usage is None:
            return Completion(text, finish_reason=finish_reason)
        tokens = usage.prompt_tokens, usage.completion_tokens
        cost = float(self._price.of(*tokens)) if self._price else None
        return Completion(text, *tokens, cost, finish_reason)


def _usage(chunk: Any) -> Any:
    """Return a chunk's usage, which Groq has in a field of its own."""
    usage = getattr(chunk, "usage", None)
    return usage or getattr(getattr(chunk, "x_groq", None), "usage", None)
