from pipeline.document import Document
from pipeline.heading_sections import heading_sections
from pipeline.readers.marked_text import find_headings


def _sections(text: str) -> list[tuple[str, str]]:
    """The text of each section, and that below its headings."""
    document = Document("", "a.md", "", "", "", text, (), find_headings(text))
    return [
        (text[each.start : each.end], text[each.body : each.end].strip())
        for each in heading_sections(document)
    ]


def test_a_section_reaches_from_its_heading_to_the_next() -> None:
    assert _sections("Home\n\n# Pump\nRuns.\n## Valve\nOpens.") == [
        ("Home\n\n", "Home"),
        ("# Pump\nRuns.\n", "Runs."),
        ("## Valve\nOpens.", "Opens."),
    ]


def test_a_heading_without_text_goes_with_the_next_section_and_the_last_with_the_one_before() -> (
    None
):
    assert _sections("# A\n\n## B\nText.\n\n## C\n## D\nMore.\n\n## E\n# F\n") == [
        ("# A\n\n## B\nText.\n\n", "Text."),
        ("## C\n## D\nMore.\n\n## E\n# F\n", "More.\n\n## E\n# F"),
    ]


def test_sections_cover_a_document_with_no_heading_and_one_with_nothing_else() -> None:
    assert _sections("Text.") == [("Text.", "Text.")]
    assert _sections("# A\n## B") == [("# A\n## B", "")]
