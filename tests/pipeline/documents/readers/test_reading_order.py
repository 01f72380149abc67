from itertools import chain

import pytest

from pipeline.documents.readers.reading_order import Box, ordered_text, reading_blocks

_LINE, _PITCH, _COLUMN, _GUTTER = 10.0, 14.0, 200.0, 20.0


def _text(count: int, x: float, y: float, width: float = _COLUMN) -> list[Box]:
    return [
        Box(x, y + n * _PITCH, x + width * (1 if n % 3 else 0.9), y + n * _PITCH + _LINE)
        for n in range(count)
    ]


def _order(boxes: list[Box]) -> list[int]:
    return [index for block in reading_blocks(boxes) for row in block for index in row]


def _interleaved(left: list[Box], right: list[Box]) -> tuple[list[Box], list[int]]:
    """Return boxes row by row over both columns, and the order to read them in."""
    pairs = list(chain.from_iterable(zip(left, right, strict=True)))
    return pairs, [*range(0, len(pairs), 2), *range(1, len(pairs), 2)]


def test_columns_are_read_one_after_the_other() -> None:
    boxes, order = _interleaved(_text(9, 0, 0), _text(9, _COLUMN + _GUTTER, 5))
    assert _order(boxes) == order


def test_three_columns_are_read_from_the_left() -> None:
    columns = [_text(6, n * (_COLUMN + _GUTTER), 0) for n in range(3)]
    assert _order([box for row in zip(*columns, strict=True) for box in row]) == [
        *range(0, 18, 3),
        *range(1, 18, 3),
        *range(2, 18, 3),
    ]


def test_a_heading_over_both_columns_ends_what_is_above_it() -> None:
    above, order = _interleaved(_text(5, 0, 0), _text(5, _COLUMN + _GUTTER, 0))
    heading = Box(0, 90, 2 * _COLUMN, 110)
    below, _ = _interleaved(_text(5, 0, 120), _text(5, _COLUMN + _GUTTER, 120))
    expected = [*order, 10, *(11 + index for index in order)]
    assert _order([*above, heading, *below]) == expected


def test_a_second_column_may_end_early() -> None:
    left, right = _text(12, 0, 0), _text(3, _COLUMN + _GUTTER, 0)
    assert _order([*right, *left]) == [*range(3, 15), *range(3)]


def test_a_figure_breaks_one_column_only() -> None:
    left = _text(14, 0, 0)
    right = [*_text(4, _COLUMN + _GUTTER, 3), *_text(3, _COLUMN + _GUTTER, 140)]
    assert _order([*right, *left]) == [*range(7, 21), *range(7)]


@pytest.mark.parametrize("width", [30.0, 60.0])
def test_a_table_is_read_row_by_row(width: float) -> None:
    cells = [
        Box(x, y, x + width, y + _LINE)
        for y in range(0, 100, 20)
        for x in (0.0, 150.0, 300.0, 450.0)
    ]
    assert _order(cells) == list(range(20))


def test_names_beside_long_descriptions_stay_with_them() -> None:
    names = [Box(0, y, 60, y + _LINE) for y in range(0, 280, 28)]
    descriptions = _text(20, 120, 0, 2 * _COLUMN)
    blocks = reading_blocks([*names, *descriptions])
    assert len(blocks) == 1
    assert blocks[0][0] == (0, 10)


def test_a_table_below_columns_is_read_row_by_row() -> None:
    text, order = _interleaved(_text(10, 0, 0), _text(10, _COLUMN + _GUTTER, 0))
    cells = [
        Box(x, y, x + 40, y + _LINE)
        for y in range(160, 260, 20)
        for x in (0.0, 100.0, 225.0, 330.0)
    ]
    assert _order([*text, *cells]) == [*order, *range(20, 40)]


def test_rows_become_lines_and_gaps_empty_lines() -> None:
    boxes = [Box(0, 0, 40, 10), Box(60, 1, 90, 11), Box(0, 14, 40, 24), Box(0, 50, 40, 60)]
    assert ordered_text(boxes, ["a", "b", "c", "d"]) == "a b\nc\n\nd"
    assert ordered_text([], []) == ""


def test_every_box_comes_once_whatever_its_shape() -> None:
    boxes = [Box(0, 0, 0, 0), Box(5, 5, 5, 50), Box(0, 0, 100, 0), *_text(6, 0, 0), *_text(6, 9, 3)]
    assert sorted(_order(boxes)) == list(range(len(boxes)))
