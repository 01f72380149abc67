import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest

from pipeline.encoders.encoder import CARD
from pipeline.encoders.onnx_encoder import (
    TOKENIZER,
    WEIGHTS,
    OnnxEncoder,
    batches,
    open_session,
    open_tokenizer,
    padded_length,
)
from pipeline.errors import ArtifactError
from pipeline.files import folder_files
from pipeline.text.tokens import encodable

WORDS = [
    "pump",
    "valve",
    "error",
    "the",
    "of",
    "reset",
    "water",
    "pressure",
    "sensor",
    "E-4471",
    "garantie",
    "über",
    "保証",
    "😀",
]


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


def test_a_padded_length_depends_on_the_tokens_alone() -> None:
    assert [padded_length(tokens, 40) for tokens in (1, 16, 17, 33, 39)] == [8, 16, 24, 40, 40]
    assert padded_length(40, 36) == 36


def test_batches_hold_each_row_once_among_rows_of_its_length() -> None:
    lengths = [16, 32, 16] * 40
    found = list(batches(lengths))
    assert sorted(row for rows in found for row in rows) == list(range(120))
    assert all(len({lengths[row] for row in rows}) == 1 for rows in found)
    assert [lengths[rows[0]] for rows in found] == sorted(
        (lengths[rows[0]] for rows in found), reverse=True
    )
    assert max(map(len, found)) == 32
    assert list(batches([])) == []


def test_half_a_character_becomes_a_question_mark() -> None:
    assert encodable("caf\udce9 保") == "caf? 保"


@pytest.mark.parametrize("content", [b"", b"{}", b"broken \xff"])
def test_a_broken_file_names_itself_and_the_fix(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    for fault in (lambda: open_session(path, 1), lambda: open_tokenizer(path, 8)):
        with pytest.raises(ArtifactError, match="is broken .*; remove it and run `dvc repro`"):
            fault()
