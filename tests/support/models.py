import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.answer import Generation, Passage, Standalone, Turn
from pipeline.endpoints.clients import Completion, Message
from pipeline.files import replacing_folder
from pipeline.params import GenerationParams

_SETTINGS: dict[str, Any] = {
    "generator": "groq",
    "sentences": 2,
    "lexical": 0.5,
    "margin": 0.06,
    "threshold": 0.25,
    "exact": True,
    "model": "a-model",
    "prompt": "cited",
    "condense": "standalone",
    "temperature": 0.0,
    "max_tokens": 200,
    "window": 2000,
    "history": 200,
}


def model_params(**changed: Any) -> GenerationParams:
    """Return params of a small window, with these changed."""
    return GenerationParams.model_validate({**_SETTINGS, **changed})


class GrowingGenerator:
    """Yields the steps of a script, with a pause before each; an exception among them is raised.

    A follow-up is put behind the question before it.
    """

    def __init__(self, script: Sequence[Generation | Exception], pause: float = 0.0) -> None:
        self._script = script
        self._pause = pause
        self.histories: list[tuple[Turn, ...]] = []

    def standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
        self.histories.append(tuple(history))
        return Standalone(f"{history[-1].question} {question}", tokens=90, cost=0.00005)

    def generate(self, question: str, passages: Sequence[Passage]) -> Generation:
        *_, whole = self.stream(question, passages)
        return whole

    def stream(self, question: str, passages: Sequence[Passage]) -> Iterator[Generation]:  # noqa: ARG002
        for step in self._script:
            time.sleep(self._pause)
            if isinstance(step, Exception):
                raise step
            yield step


class ScriptedChat:
    """Says each text of the script in turn; `stream` yields the given parts before the text."""

    def __init__(self, *texts: str, parts: Sequence[str] = (), finish_reason: str = "stop") -> None:
        self._texts = list(texts)
        self._parts = parts
        self._finish_reason = finish_reason
        self.sent: list[list[Message]] = []

    def complete(self, messages: Sequence[Message]) -> Completion:
        self.sent.append(list(messages))
        return Completion(self._texts.pop(0), 100, 20, 0.25, self._finish_reason)

    def stream(self, messages: Sequence[Message]) -> Iterator[Completion]:
        yield from (Completion(part, None, None, None, None) for part in self._parts)
        yield self.complete(messages)


class ScriptedGenerator:
    """Returns the Generation that a script holds for a question; abstains from all others.

    A script may hold an exception instead, which is raised.
    """

    def __init__(self, script: Mapping[str, Generation | Exception], seconds: float = 0.0) -> None:
        self._script = script
        self._seconds = seconds

    def generate(self, question: str, passages: Sequence[Passage]) -> Generation:  # noqa: ARG002
        time.sleep(self._seconds)
        scripted = self._script.get(question, Generation(()))
        if isinstance(scripted, Exception):
            raise scripted
        return scripted

    def stream(self, question: str, passages: Sequence[Passage]) -> Iterator[Generation]:
        whole = self.generate(question, passages)
        for count in range(1, len(whole.sentences)):
            yield replace(whole, sentences=whole.sentences[:count])
        yield whole

    def standalone(self, question: str, history: Sequence[Turn]) -> Standalone:
        """Put the last question before this one."""
        return Standalone(f"{history[-1].question} {question}" if history else question)


class ScriptedReranker:
    """Scores a text as a script says, and 0 where it says nothing; keeps what it was asked."""

    def __init__(self, script: Mapping[str, float]) -> None:
        self._script = script
        self.asked: list[tuple[str, list[str]]] = []

    def rerank(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        self.asked.append((question, list(texts)))
        return np.array([self._script.get(text, 0.0) for text in texts], dtype=np.float64)


def write_tiny_cross_encoder(
    folder: Path, tokenizer: Path, family: str = "bert", labels: int = 1, activation: str = ""
) -> Path:
    """Write a CrossEncoder of random weights: real, small, and far from giving all one score."""
    import torch
    from transformers import (
        AutoTokenizer,
        BertConfig,
        BertForSequenceClassification,
        DistilBertConfig,
        DistilBertForSequenceClassification,
        PreTrainedModel,
    )

    torch.manual_seed(7)
    if family == "bert":
        bert = BertConfig(
            hidden_size=32,
            num_attention_heads=2,
            num_hidden_layers=2,
            intermediate_size=64,
            max_position_embeddings=128,
            initializer_range=0.5,
            num_labels=labels,
        )
        model: PreTrainedModel = BertForSequenceClassification(bert)
    else:
        small = DistilBertConfig(
            dim=32,
            n_heads=2,
            n_layers=1,
            hidden_dim=64,
            initializer_range=0.5,
            num_labels=labels,
        )
        model = DistilBertForSequenceClassification(small)
    if activation:
        model.config.sentence_transformers = {"activation_fn": activation}
    with replacing_folder(folder) as temporary:
        model.save_pretrained(temporary)
        AutoTokenizer.from_pretrained(tokenizer).save_pretrained(temporary)
    return folder
