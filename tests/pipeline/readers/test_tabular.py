import pytest

from pipeline.errors import ReadError
from pipeline.readers.tabular import TabularReader


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
