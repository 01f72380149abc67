import json
from pathlib import Path

import pytest

from pipeline.encoders.encoder import CARD, EncoderCard, read_card
from pipeline.errors import ArtifactError

OF_FIRST_VERSIONS = {
    "model": "all-MiniLM-L6-v2",
    "dimension": 384,
    "max_tokens": 256,
    "parity": 0.999999,
    "hash": "h",
}


def _files(folder: Path, content: object) -> dict[str, Path]:
    (folder / CARD).write_text(json.dumps(content))
    return {CARD: folder / CARD}


def test_a_card_without_a_provider_is_of_a_local_encoder(tmp_path: Path) -> None:
    card = read_card(_files(tmp_path, OF_FIRST_VERSIONS))
    assert card.provider == "local"
    assert card.precision == "fp32"
    assert card.parity == OF_FIRST_VERSIONS["parity"]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    card = EncoderCard(provider="openai", model="m", dimension=3, max_tokens=8, hash="h")
    assert read_card(_files(tmp_path, card.model_dump())) == card


@pytest.mark.parametrize("content", [{}, [], {**OF_FIRST_VERSIONS, "provider": "elsewhere"}])
def test_a_broken_card_is_one_line_with_the_file_and_the_fix(
    tmp_path: Path, content: object
) -> None:
    with pytest.raises(
        ArtifactError, match=r"encoder\.json is broken .* run `dvc repro`"
    ) as caught:
        read_card(_files(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_missing_card_is_named() -> None:
    with pytest.raises(ArtifactError, match=r"the encoder lacks encoder\.json; run"):
        read_card({})
