import json

import pytest

from pipeline.documents.reader import read_content
from pipeline.documents.readers.formats import default_readers
from tests.support.corpus import INGEST, OCR
from tests.support.files import book, open_text, slides, word, workbook
from tests.support.versions import pdf

OFFICE = "application/vnd.openxmlformats-officedocument"
NOTEBOOK = {"cells": [{"cell_type": "raw", "source": "the words"}]}


@pytest.mark.parametrize(
    ("suffix", "content", "media_type"),
    [
        (".docx", word("the words"), f"{OFFICE}.wordprocessingml.document"),
        (".pptx", slides("the words"), f"{OFFICE}.presentationml.presentation"),
        (".xlsx", workbook({"a": [["the words"]]}), f"{OFFICE}.spreadsheetml.sheet"),
        (
            ".odt",
            open_text("<text:p>the words</text:p>"),
            "application/vnd.oasis.opendocument.text",
        ),
        (".epub", book("<p>the words</p>"), "application/epub+zip"),
        (".xhtml", b"<html><body><p>the words</p></body></html>", "application/xhtml+xml"),
        (".eml", b"Subject: s\n\nthe words\n", "message/rfc822"),
        (".csv", b"the words,1\n", "text/csv"),
        (".ipynb", json.dumps(NOTEBOOK).encode(), "application/x-ipynb+json"),
        (".json", b'{"a": "the words"}', "application/json"),
        (".log", b"the words", "text/plain"),
        (".pdf", pdf("the words"), "application/pdf"),
    ],
)
def test_each_format_is_read_by_its_name(suffix: str, content: bytes, media_type: str) -> None:
    kind, reading = read_content(default_readers(INGEST, OCR), suffix, content)
    assert kind.name == media_type
    assert "the words" in reading.text
