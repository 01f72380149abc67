import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest

from pipeline.encoders.encoder import CARD
from pipeline.encoders.onnx_encoder import OnnxEncoder
from pipeline.encoders.onnx_model import TOKENIZER, WEIGHTS
from pipeline.errors import ArtifactError
from pipeline.files import folder_files

WORDS = [
    "pump", "valve", "error", "the", "of", "reset", "water", "pressure", "E-4471", "garantie",
    "über", "保証", "😀",
]  # fmt: skip


def _text(random: Random, words: int) -> str:
    return " ".join(random.choice(WORDS) for _ in range(words))


def test_a_vector_is_the_same_alone_and_among_any_neighbours(encoder: OnnxEncoder) -> None:
    random = Random(7)
    texts = [_text(random, words) for words in (1, 2, 3, 5, 8, 13, 14, 15, 16, 17, 30, 31, 60, 100)]
    alone = [encoder.encode([text])[0].tobytes() for text in texts]
    for size in (2, 5, 33, 70):
        neighbours = [_text(random, random.choice((1, 4, 9, 15, 20, 50))) for _ in range(size)]
        mixed = [*texts, *neighbours]
        order = random.sample(range(len(mixed)), len(mixed))
        vectors = encoder.encode([mixed[place] for place in order])
        found = {place: vectors[row].tobytes() for row, place in enumerate(order)}
        assert [found[place] for place in range(len(texts))] == alone


def test_equal_texts_have_equal_vectors_of_unit_length(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(["The pump.", "Another pump.", "The pump.", "", " ", "x" * 20_000])
    assert vectors.dtype == np.float32
    assert vectors.shape == (6, encoder.dimension)
    assert vectors[0].tobytes() == vectors[2].tobytes()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_texts_make_no_vectors(encoder: OnnxEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimension)
    assert encoder.truncated([]) == 0


def test_the_end_of_a_long_text_is_not_seen_and_counted(encoder: OnnxEncoder) -> None:
    start = "pump " * 300
    first, second, short = encoder.encode([start + "valve", start + "heater", "pump valve"])
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != short.tobytes()
    assert encoder.truncated([start, "pump valve"]) == 1


def test_half_a_character_from_a_terminal_is_no_error(encoder: OnnxEncoder) -> None:
    assert encoder.encode(["caf\udce9"]).shape == (1, encoder.dimension)
    assert encoder.truncated(["caf\udce9"]) == 0


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER, CARD])
def test_a_missing_or_broken_file_names_itself_and_the_fix(
    tmp_path: Path, encoder_folder: Path, name: str
) -> None:
    files = folder_files(encoder_folder)
    with pytest.raises(ArtifactError, match=rf"lacks {name}; run `dvc repro` or `dvc pull`"):
        OnnxEncoder.open({key: path for key, path in files.items() if key != name})
    for content in (b"", b"{}", b"broken \xff"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ArtifactError, match=r"dvc repro") as caught:
            OnnxEncoder.open({**files, name: tmp_path / name})
        assert str(tmp_path / name) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_truncated_model_is_one_line(tmp_path: Path, encoder_folder: Path) -> None:
    shutil.copyfile(encoder_folder / WEIGHTS, tmp_path / WEIGHTS)
    with (tmp_path / WEIGHTS).open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(ArtifactError, match=r"model\.onnx is broken"):
        OnnxEncoder.open({**folder_files(encoder_folder), WEIGHTS: tmp_path / WEIGHTS})
