import pytest

from pipeline.errors import ReadError
from pipeline.params import IngestParams
from pipeline.readers.converted import HYPERTEXT, ConvertedReader
from pipeline.readers.hypertext import check_depth, decode_hypertext
from pipeline.reading import Reading


@pytest.fixture
def read(ingest: IngestParams):
    def _read(content: bytes) -> Reading:
        return ConvertedReader(HYPERTEXT, ingest).read(content)

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
        assert decode_hypertext(page.encode(encoding)) == page


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
