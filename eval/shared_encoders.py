"""Shared encoders: Answerers of several Versions that encode no text twice."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.answerer import Answerer, open_retriever
from pipeline.default_generator import make_generator
from pipeline.remembering_encoder import RememberingEncoder
from pipeline.version import Version

if TYPE_CHECKING:
    from pipeline.endpoints import Endpoints


class SharedEncoders:
    """Opens Answerers as `open_answerer` does, those of one encoder with one memory.

    Versions that are compared are asked the same questions, and share most of their sentences.
    """

    def __init__(self, endpoints: "Endpoints | None" = None) -> None:
        """Take where language models and encoders are reached, if any is to be."""
        self._endpoints = endpoints
        self._encoders: dict[str, RememberingEncoder] = {}

    def answerer(self, version: Version, questions: Sequence[str] = ()) -> Answerer:
        """Open a Version, and encode together the questions that it is going to be asked.

        Raises:
            VersionError: the Version lacks what its settings ask for.
            ParamsError: one of its prompts is missing or unfit.
            PrerequisiteError: its encoder is behind an endpoint that is not given.
        """
        settings = version.manifest
        if self._endpoints is not None:
            version = version.with_endpoints(self._endpoints)
        encoder = self._encoders.setdefault(
            version.encoder.hash, RememberingEncoder(version.encoder)
        )
        # Alone, each would take several times as long.
        encoder.encode(questions)
        generator = make_generator(settings.generation, encoder, version.prompts, self._endpoints)
        return Answerer(open_retriever(version, encoder), generator, settings.retrieval.top_k)
