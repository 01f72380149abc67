"""Opens the encoder that a card names: a local one, or one behind an endpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pipeline.encoders.encoder import CARD, read_card
from pipeline.encoders.endpoint_encoder import EndpointEncoder
from pipeline.encoders.onnx_encoder import OnnxEncoder

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

VersionEncoder: TypeAlias = OnnxEncoder | EndpointEncoder


def open_encoder(files: Mapping[str, Path], endpoints: "Endpoints | None" = None) -> VersionEncoder:
    """Open the encoder of a Version or an export, without asking any endpoint.

    Raises:
        ArtifactError: a file is missing or broken.
    """
    if CARD in files and (card := read_card(files)).provider != "local":
        return EndpointEncoder(card, endpoints)
    return OnnxEncoder.open(files)
