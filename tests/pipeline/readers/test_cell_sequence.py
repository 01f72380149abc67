import json

import pytest

from pipeline.errors import ReadError
from pipeline.readers.cell_sequence import CellSequenceReader


def _notebook(*cells: dict[str, object]) -> bytes:
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


def test_cells_come_in_order_with_their_outputs() -> None:
    reading = CellSequenceReader().read(
        _notebook(
            {"cell_type": "markdown", "source": ["# Große\n", "Zahlen"]},
            {
                "cell_type": "code",
                "source": "# no heading\nprint(5)",
                "outputs": [
                    {"output_type": "stream", "text": ["5\n"]},
                    {"data": {"image/png": "aGVsbG8=", "text/plain": "<Figure>"}},
                    {"output_type": "error", "ename": "E"},
                ],
            },
            {"cell_type": "raw", "source": ""},
        )
    )
    assert reading.text == (
        "# Große\nZahlen\n\n```\n# no heading\nprint(5)\n```\n\n```\n5\n```\n\n```\n<Figure>\n```"
    )
    assert [heading.title for heading in reading.headings] == ["Große"]


def test_a_fence_in_code_ends_no_fence() -> None:
    text = CellSequenceReader().read(_notebook({"cell_type": "code", "source": "a = '```'"})).text
    assert text == "````\na = '```'\n````"


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"{", b"[" * 100_000, b'{"cells": [1]}', _notebook(), b"\0"]
)
def test_what_is_no_notebook_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="no notebook|no text|NUL"):
        CellSequenceReader().read(content)
