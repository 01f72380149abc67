from pathlib import Path

import pytest

from pipeline.errors import ArtifactError
from pipeline.onnx_session import (
    batches,
    encodable,
    open_session,
    open_tokenizer,
    padded_length,
)


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
