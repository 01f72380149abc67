import json
from pathlib import PurePosixPath

import pytest

from pipeline.documents.readers.formats import default_readers
from tests.support.corpus import INGEST, OCR
from tests.support.files import book, open_text, slides, word, workbook


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", word("the words")),
        ("a.pptx", slides("the words")),
        ("a.xlsx", workbook({"a": [["the words"]]})),
        ("a.odt", open_text("<text:p>the words</text:p>")),
        ("a.epub", book("<p>the words</p>")),
        ("a.xhtml", b"<?xml version='1.0'?><html><body><p>the words</p></body></html>"),
        ("a.eml", b"Subject: s\n\nthe words\n"),
        ("a.csv", b"the words,1\n"),
        (
            "a.ipynb",
            json.dumps({"cells": [{"cell_type": "raw", "source": "the words"}]}).encode(),
        ),
        ("a.json", b'{"a": "the words"}'),
    ],
)
def test_each_format_is_read_by_its_name(name: str, content: bytes) -> None:
    _, reading = default_readers(INGEST, OCR).read(PurePosixPath(name), content)
    assert "the words" in reading.text
