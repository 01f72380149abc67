"""Plain text, Markdown, tables, notebooks and HTML: letters, headings and structure survive."""

import json
import random

import pytest

from pipeline.documents.document import Reading
from pipeline.documents.readers.office import HTML, DoclingReader
from pipeline.documents.readers.text import (
    MarkdownReader,
    NotebookReader,
    PlainTextReader,
    TabularReader,
    check_depth,
    decode,
    decode_html,
)
from pipeline.errors import ReadError
from pipeline.params import IngestParams

FRENCH = "Café : la garantie dure cinq ans, réparée à l'été.\nDeuxième ligne : 5 pièces.\n"


@pytest.fixture
def read(ingest: IngestParams):
    def _read(content: bytes) -> Reading:
        return DoclingReader(HTML, ingest).read(content)

    return _read


def test_tables_keep_their_rows_together(read) -> None:
    html = b"<table><tr><th>Part</th><th>Price</th></tr><tr><td>a|b</td><td>12</td></tr></table>"
    assert read(html).text == "| Part | Price |\n| - | - |\n| a\\|b | 12 |"


def test_lists_are_bullets_and_entities_are_letters(read) -> None:
    text = read(b"<ul><li>a &amp; b &lt;c&gt;</li><li>caf&eacute; &#8364; x_y</li></ul>").text
    assert text == "- a & b <c>\n- café € x_y"


def test_what_a_browser_does_not_show_is_left_out(read) -> None:
    html = (
        b"<head><title>t</title><style>p{}</style></head><script>x()</script><noscript>n</noscript>"
        b"<template>m</template><!-- c --><p style='display:none'>hidden</p><p>seen</p>"
    )
    assert read(html).text == "seen"


def test_text_before_the_first_heading_stays(read) -> None:
    html = b"<header>Top</header><p>Intro</p><h1>Head</h1><p>Body</p><aside>Aside</aside>"
    assert read(html).text == "Top\n\nIntro\n\n# Head\n\nBody\n\nAside"


def test_headings_carry_their_spans(read) -> None:
    reading = read(
        "<p>a</p><h1> Große <b>Pumpe</b>\n 3</h1><h2></h2><p>b</p><p>---</p><h3>Z</h3>".encode()
    )
    found = [
        (each.level, each.title, reading.text[each.start : each.end]) for each in reading.headings
    ]
    assert found == [(1, "Große Pumpe 3", "# Große Pumpe 3"), (3, "Z", "### Z")]


def test_elements_that_are_never_closed_are_no_nesting(read) -> None:
    text = read(b"<ul>" + b"<li>word" * 1500 + b"</ul><p>one<p>two<br>three").text
    assert text.count("- word") == 1500
    assert text.split()[-3:] == ["one", "two", "three"]


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
def test_letters_survive_whatever_is_declared(read, content: bytes) -> None:
    assert read(content).text == "café 5 €"


def test_other_scripts_are_read_as_declared() -> None:
    for encoding in ("shift_jis", "iso-2022-jp", "euc-jp"):
        page = f'<meta charset="{encoding}"><p>保証</p>'
        assert decode_html(page.encode(encoding)) == page


def test_deep_nesting_loses_no_text(read) -> None:
    assert read(b"<div>" * 200 + b"deep").text == "deep"


@pytest.mark.parametrize("count", [1_500, 100_000])
def test_nesting_that_would_take_minutes_is_refused(read, count: int) -> None:
    with pytest.raises(ReadError, match="nested too deeply"):
        read(b"<span>" * count + b"deep")


def test_depth_counts_what_stays_open() -> None:
    check_depth("<p>a</p><br><img src=x/><i/>" * 5_000)
    with pytest.raises(ReadError, match="nested too deeply"):
        check_depth("<b>" * 1_001)


def test_files_and_pictures_it_names_are_not_read(read, tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    html = (
        f'<img src="{secret.as_uri()}" alt="a picture"><iframe src="{secret.as_uri()}"></iframe>'
        f'<object data="{secret}"></object><p>words</p>'
    )
    text = read(html.encode()).text
    assert "words" in text
    assert "the secret" not in text


def test_declared_entities_swell_nothing(read, tmp_path) -> None:
    (tmp_path / "secret").write_text("the secret")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    html = (
        f'<!DOCTYPE html [<!ENTITY l0 "lol">{laughs}'
        f'<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
        "<html><body><svg><text>&l9;</text></svg><p>words &x;</p></body></html>"
    )
    text = read(html.encode()).text
    assert "words" in text
    assert "the secret" not in text
    assert len(text) < 2_000


@pytest.mark.parametrize(
    "content", [b"", b" \n", b"<!-- only a comment -->", b"<script>f()</script>", b"<p>a\0b</p>"]
)
def test_what_holds_no_text_is_refused(read, content: bytes) -> None:
    with pytest.raises(ReadError, match="no text|NUL"):
        read(content)


def _headings(text: str) -> list[tuple[int, str, str]]:
    reading = MarkdownReader().read(text.encode("utf-8"))
    return [
        (each.level, each.title, reading.text[each.start : each.end]) for each in reading.headings
    ]


def test_headings_of_both_kinds_are_found_with_their_spans() -> None:
    text = "# Öne ##\n\ntext\n\nTwo\nlines\n===\n\n### Three\nbody\n\nFour\n---\n"
    assert _headings(text) == [
        (1, "Öne", "# Öne ##"),
        (1, "Two lines", "Two\nlines\n==="),
        (3, "Three", "### Three"),
        (2, "Four", "Four\n---"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "```\n# not one\n```\n",
        "    # not one\n",
        "#not one\n",
        "\\# not one\n",
        "text # no\n",
        "<!--\n# no\n-->\n",
    ],
)
def test_what_only_looks_like_a_heading_is_none(text: str) -> None:
    assert _headings(text) == []


def test_titles_are_plain_text() -> None:
    assert _headings("# The `run` *of* [Ada](x.md) ![p](p.png)\n\n#\n") == [
        (1, "The run of Ada p", "# The `run` *of* [Ada](x.md) ![p](p.png)")
    ]


def test_headings_in_quotes_count() -> None:
    assert _headings("> ## Quoted\n> text\n") == [(2, "Quoted", "> ## Quoted")]


def test_front_matter_is_no_heading() -> None:
    assert _headings("---\ntitle: Guide\n---\n\n# Real\n\ntext\n") == [(1, "Real", "# Real")]
    assert _headings("---\n\n# Real\n") == [(1, "Real", "# Real")]


def test_line_ends_and_a_byte_order_mark_do_not_shift_spans() -> None:
    assert _headings("\ufeff# One\r\n\r\ntext\r\n\r\n## Two\r\n") == [
        (1, "One", "# One"),
        (2, "Two", "## Two"),
    ]


def test_the_text_stays_as_it_is() -> None:
    text = "# A\n\n| a | b |\n|---|---|\n| [x](y) | **z** |\n"
    assert MarkdownReader().read(text.encode()).text == text


def test_binary_content_is_refused() -> None:
    with pytest.raises(ReadError, match="NUL"):
        MarkdownReader().read(b"# a\0b")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"]
)
def test_text_is_read_in_any_usual_encoding(encoding: str) -> None:
    assert decode(FRENCH.encode(encoding)) == FRENCH


@pytest.mark.parametrize(
    "text",
    [
        "Prix : 5 €",
        "Größe: 12 mm",
        "naïve “quotes” – dash",
        "20 °C ± 5 %",
        "El señor Muñoz visitará Málaga.",
    ],
)
def test_short_western_text_is_not_guessed_to_be_something_exotic(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("保証期間は五年です。ポンプを再起動してください。", "shift_jis"),
        ("Гарантия на насос действует пять лет со дня покупки.", "cp1251"),
    ],
)
def test_other_scripts_are_detected(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_line_ends_become_line_feeds() -> None:
    assert PlainTextReader().read(b"a\r\nb\rc\n").text == "a\nb\nc\n"


def test_binary_content_is_refused_with_a_reason() -> None:
    noise = bytes(random.Random(0).choices(range(1, 256), k=4000))
    with pytest.raises(ReadError, match="no text encoding fits"):
        decode(noise)
    with pytest.raises(ReadError, match="NUL"):
        decode(b"\x7fELF\0\0\0")


def _rows(content: bytes) -> list[list[str]]:
    lines = TabularReader().read(content).text.splitlines()
    assert set(lines[1]) <= set("|- ")
    return [line.strip("|").strip().split(" | ") for line in [lines[0], *lines[2:]]]


def test_rows_become_a_table() -> None:
    assert TabularReader().read(b"Part,Price\nSeal,12\n").text == (
        "| Part | Price |\n| - | - |\n| Seal | 12 |\n"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    lines = ["Teil{}Preis{}Ort", "Dichtung, rund{}12,50{}Köln", "Welle{}3,10{}Bonn"]
    quoted = [line.replace("Dichtung, rund", '"Dichtung, rund"') for line in lines]
    content = "\n".join(line.format(delimiter, delimiter) for line in quoted)
    content = content.replace("12,50", '"12,50"').replace("3,10", '"3,10"')
    assert _rows(content.encode()) == [
        ["Teil", "Preis", "Ort"],
        ["Dichtung, rund", "12,50", "Köln"],
        ["Welle", "3,10", "Bonn"],
    ]


def test_decimal_commas_do_not_pass_for_delimiters() -> None:
    assert _rows(b"a;b\n1,5;2,5\n3,5;4,5\n") == [["a", "b"], ["1,5", "2,5"], ["3,5", "4,5"]]


def test_one_column_stays_one() -> None:
    assert _rows(b"name\nAda\nGrace\n") == [["name"], ["Ada"], ["Grace"]]


def test_ragged_rows_lose_nothing() -> None:
    text = TabularReader().read(b"a,b\n1\n1,2,3,4\n\n5,6\n").text
    assert text.splitlines()[0] == "| a | b |  |  |"
    assert "| 1 | 2 | 3 | 4 |" in text
    assert "| 5 | 6 |" in text


def test_quoted_line_ends_and_bars_stay_inside_their_cell() -> None:
    text = TabularReader().read(b'a,b\n"two\nlines",x|y\n"say ""hi""",3\n').text
    assert text.splitlines()[2:] == ["| two lines | x\\|y |", '| say "hi" | 3 |']


def test_an_open_quote_does_not_swallow_the_rows_below() -> None:
    assert _rows(b'a,b\n1,"open\n2,3\n') == [["a", "b"], ["1", '"open'], ["2", "3"]]


def test_one_long_row_does_not_swell_the_others() -> None:
    content = b"," * 20_000 + b"x\n" + b"1,2\n" * 20_000
    assert len(TabularReader().read(content).text) < 500_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_is_read(encoding: str) -> None:
    assert _rows("Größe,Straße\n5 €,Köln\n".encode(encoding))[1] == ["5 €", "Köln"]


@pytest.mark.parametrize("content", [b"a,b\n\0\1\2,3\n", b"\n\n,,\n"])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="NUL|no text"):
        TabularReader().read(content)


def _notebook(*cells: dict[str, object]) -> bytes:
    return json.dumps({"nbformat": 4, "cells": cells}).encode()


def test_cells_come_in_order_with_their_outputs() -> None:
    reading = NotebookReader().read(
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
    text = NotebookReader().read(_notebook({"cell_type": "code", "source": "a = '```'"})).text
    assert text == "````\na = '```'\n````"


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"{", b"[" * 100_000, b'{"cells": [1]}', _notebook(), b"\0"]
)
def test_what_is_no_notebook_is_refused(content: bytes) -> None:
    with pytest.raises(ReadError, match="no notebook|no text|NUL"):
        NotebookReader().read(content)
