from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from eval.shared_encoders import SharedEncoders
from pipeline.answerer import open_answerer
from pipeline.version import Version
from tests.changed_version import changed_version

QUESTIONS = ["How long does the warranty last?", "What does error E-4471 mean?"]


class Counting:
    """Counts the texts that a Version's own encoder was given."""

    def __init__(self, version: Version) -> None:
        self._encoder = version.encoder
        self.hash = version.encoder.hash
        self.dimension = version.encoder.dimension
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], progress: str | None = None) -> NDArray[np.float32]:
        self.encoded += texts
        return self._encoder.encode(texts, progress)


@pytest.fixture
def counting(version: Version) -> Counting:
    return Counting(version)


@pytest.fixture
def counted(version: Version, counting: Counting) -> Version:
    return replace(version, encoder=counting)  # type: ignore[arg-type]


def test_it_answers_as_the_version_does(version: Version) -> None:
    shared = SharedEncoders().answerer(version, QUESTIONS)
    for question in QUESTIONS:
        assert shared.answer(question) == open_answerer(version).answer(question)


def test_no_text_is_encoded_twice_for_versions_of_one_encoder(
    counted: Version, counting: Counting
) -> None:
    encoders = SharedEncoders()
    other = changed_version(counted, retrieval={"top_k": 1})
    for each in (counted, other):
        answerer = encoders.answerer(each, QUESTIONS)
        for question in QUESTIONS:
            answerer.answer(question)
    assert len(counting.encoded) == len(set(counting.encoded))
    assert counting.encoded[: len(QUESTIONS)] == QUESTIONS


def test_versions_of_different_encoders_share_nothing(
    version: Version, counted: Version, counting: Counting
) -> None:
    counting.hash = "another"
    encoders = SharedEncoders()
    encoders.answerer(version, QUESTIONS)
    encoders.answerer(counted, QUESTIONS)
    assert counting.encoded == QUESTIONS
