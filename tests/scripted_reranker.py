"""A fake Reranker, and the weights of a real one that is tiny."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifact import replacing_folder


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
