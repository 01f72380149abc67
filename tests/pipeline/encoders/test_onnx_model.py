from pipeline.encoders.onnx_model import batches, padded_length


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
