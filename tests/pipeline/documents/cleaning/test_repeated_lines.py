import pytest

from pipeline.documents.cleaning.repeated_lines import drop_repeated_lines
from pipeline.documents.document import Heading, Reading
from tests.support.corpus import page_texts, paged

NAMES = ("Elbe", "Oder", "Rhine", "Weser", "Ems", "Main")


def body(name: str, lines: int = 12) -> str:
    return "\n".join(f"Line {line} says what the {name} does" for line in "abcdefghijklm"[:lines])


def dropped(pages: list[str]) -> list[set[str]]:
    """Return the lines that each page loses."""
    after = page_texts(drop_repeated_lines(paged(pages)))
    return [set(a.split("\n")) - set(b.split("\n")) for a, b in zip(pages, after, strict=True)]


@pytest.mark.parametrize("wording", ["Page {} of 6", "{}", "- {} -", "Seite {}", "Rivers | {}"])
def test_page_numbers_go_from_every_page(wording: str) -> None:
    numbers = [wording.format(number) for number in range(1, 7)]
    pages = [f"{body(name)}\n{number}" for name, number in zip(NAMES, numbers, strict=True)]
    assert dropped(pages) == [{number} for number in numbers]


def test_page_numbers_may_start_anywhere() -> None:
    pages = [f"{number + 117}\n{body(name)}" for number, name in enumerate(NAMES)]
    assert dropped(pages) == [{str(number + 117)} for number in range(6)]


def test_a_running_header_stays_where_it_stands_first() -> None:
    pages = ["Title\n" + body("Spree"), *(f"Rivers of Europe\n{body(name)}" for name in NAMES)]
    assert dropped(pages) == [set(), set(), *[{"Rivers of Europe"}] * 5]


def test_headers_that_alternate_go() -> None:
    headers = ["A. Author", "On Rivers"] * 3
    pages = [f"{header}\n{body(name)}" for header, name in zip(headers, NAMES, strict=True)]
    assert dropped(pages) == [set(), set(), *({header} for header in headers[2:])]


def test_a_line_inside_a_page_stays() -> None:
    pages = [f"{body(name)}\nShared sentence\n{body(name + 'e')}" for name in NAMES]
    assert dropped(pages) == [set()] * 6


def test_numbers_that_do_not_count_pages_are_content() -> None:
    pages = [f"Invoice {4711 * n % 1000}\n{body(name)}" for n, name in enumerate(NAMES, start=1)]
    assert dropped(pages) == [set()] * 6
    questions = [f"Question {n}\n{body(name)}" for n, name in enumerate(NAMES, start=1)]
    assert dropped(questions) == [set()] * 6


def test_forms_keep_their_labels() -> None:
    pages = [
        f"Application\nName\n{name}\nBorn\n{number}.1.\nHome\n{name} street\nSigned"
        for number, name in enumerate(NAMES)
    ]
    assert dropped(pages) == [set()] * 6


@pytest.mark.parametrize("line", ["# Rivers", "| Name | Length |", "- Rivers", "> Rivers", "---"])
def test_marked_lines_stay(line: str) -> None:
    assert dropped([f"{line}\n\n{body(name)}" for name in NAMES]) == [set()] * 6


def test_headings_that_slides_share_stay() -> None:
    reading = paged([f"Rivers\n{body(name)}" for name in NAMES])
    headings = tuple(Heading(1, "Rivers", page.start, page.start + 6) for page in reading.pages)
    reading = Reading(reading.text, reading.pages, headings)
    assert drop_repeated_lines(reading) == reading


def test_code_stays() -> None:
    pages = [f"```\nimport rivers\n{body(name)}\n```" for name in NAMES]
    assert dropped(pages) == [set()] * 6


def test_a_page_that_held_only_its_number_is_empty() -> None:
    pages = [f"{body(name)}\n{number}" for number, name in enumerate(NAMES, start=1)]
    result = drop_repeated_lines(paged([*pages, "7", f"{body('Inn')}\n8"]))
    assert page_texts(result)[6] == ""
    assert page_texts(result)[7].startswith("Line a says what the Inn does")


def test_two_pages_are_too_few() -> None:
    assert dropped([f"Header\n{body(name)}\n1" for name in NAMES[:2]]) == [set()] * 2
