import pytest

from pipeline.errors import ReadError
from pipeline.readers.hypertext import HypertextReader


def _text(content: bytes) -> str:
    return HypertextReader().read(content).text


def test_tables_keep_their_rows_together() -> None:
    html = b"<table><tr><th>Part</th><th>Price</th></tr><tr><td>Seal</td><td>12</td></tr></table>"
    lines = [line.split() for line in _text(html).splitlines() if line.strip()]
    assert lines == [["Part", "Price"], ["Seal", "12"]]


def test_lists_are_bullets_and_entities_are_letters() -> None:
    text = _text(b"<ul><li>a &amp; b</li><li>caf&eacute; &#8364;</li></ul>")
    assert [line.strip() for line in text.splitlines()] == ["* a & b", "* café €"]


def test_what_a_browser_does_not_show_is_left_out() -> None:
    html = (
        b"<head><title>t</title><style>p{}</style></head><script>x()</script><noscript>n</noscript>"
    )
    text = _text(
        html + b"<template>m</template><!-- c --><p style='display:none'>hidden</p><p>seen</p>"
    )
    assert text.strip() == "seen"


def test_headings_carry_their_spans() -> None:
    reading = HypertextReader().read(
        "<h1> Große <b>Pumpe</b>\n 3</h1><h2></h2><table><tr><td><h3>Zelle</h3></table>".encode()
    )
    found = [
        (each.level, each.title, reading.text[each.start : each.end]) for each in reading.headings
    ]
    assert found == [(1, "Große Pumpe 3", "Große Pumpe 3"), (3, "Zelle", "Zelle")]


@pytest.mark.parametrize(
    "content",
    [
        "<p>café 5 €</p>".encode(),
        "<p>café 5 €</p>".encode("cp1252"),
        "<meta charset=latin-1><p>café 5 €</p>".encode("cp1252"),
        "<meta charset=latin-1><p>café 5 €</p>".encode(),
        "<?xml version='1.0' encoding='iso-8859-1'?><html><p>café 5 €</p></html>".encode("cp1252"),
        '<meta content="text/html; charset=windows-1252"><p>café 5 €</p>'.encode("cp1252"),
        '<meta charset="nonsense"><p>café 5 €</p>'.encode("cp1252"),
        '<meta charset="utf-8"><p>café 5 €</p>'.encode("cp1252"),
        "<meta charset=utf-8><p>café 5 €</p>".encode("utf-16"),
        "\ufeff<p>café 5 €</p>".encode(),
    ],
)
def test_letters_survive_whatever_is_declared(content: bytes) -> None:
    assert _text(content).strip() == "café 5 €"


def test_other_scripts_are_read_as_declared() -> None:
    assert _text('<meta charset="shift_jis"><p>保証</p>'.encode("shift_jis")).strip() == "保証"
    assert _text('<meta charset="iso-2022-jp"><p>保証</p>'.encode("iso-2022-jp")).strip() == "保証"


def test_deep_nesting_loses_no_text() -> None:
    assert "deep" in _text(b"<div>" * 200 + b"deep")


@pytest.mark.parametrize("content", [b"", b" \n", b"<!-- only a comment -->", b"<p>a\0b</p>"])
def test_what_holds_no_page_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError):
        HypertextReader().read(content)
