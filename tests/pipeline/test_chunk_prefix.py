from typing import Literal

import pytest

from pipeline.chunk_prefix import chunk_prefix, document_title
from pipeline.document import Document
from pipeline.readers.marked_text import find_headings

MANUAL = "Home\n\n# Fjell *pump*\n\nStands outside.\n\n## Noise\n\n### Night\n\nIt whispers."


def _document(text: str, path: str = "install/fjell_pump-2025.v2.md") -> Document:
    return Document("", path, "", "", "", text, (), find_headings(text))


def _prefix(text: str, at: str, kind: Literal["none", "title", "headings"]) -> str:
    document, start = _document(text), text.index(at)
    return chunk_prefix(document, document_title(document), start, start + len(at), kind)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (MANUAL, "Fjell pump"),
        ("## Noise\n\nLoud.\n\n# Pump", "Pump"),
        ("No heading.", "fjell pump 2025.v2"),
        ("x\n" * 600 + "# Late", "fjell pump 2025.v2"),
        (f"# {'A paragraph that looks like a heading ' * 5}", "fjell pump 2025.v2"),
    ],
    ids=["heading", "outermost", "none", "late", "long"],
)
def test_a_title_is_the_outermost_heading_near_the_start_or_the_files_name(
    text: str, title: str
) -> None:
    assert document_title(_document(text)).text == title


@pytest.mark.parametrize("path", ["__.md", ".env", "a/-"])
def test_a_name_of_signs_alone_is_a_title_as_it_is(path: str) -> None:
    assert document_title(_document("Text.", path)).text.strip()


@pytest.mark.parametrize(
    ("at", "title", "headings"),
    [
        ("It whispers.", "Fjell pump", "Fjell pump › Noise › Night"),
        ("### Night\n\nIt whispers.", "Fjell pump", "Fjell pump › Noise"),
        ("## Noise\n\n### Night", "Fjell pump", "Fjell pump"),
        ("Stands outside.", "Fjell pump", "Fjell pump"),
        ("# Fjell *pump*\n\nStands outside.", "", ""),
        ("Home\n\n# Fjell *pump*", "", ""),
        ("Home", "Fjell pump", "Fjell pump"),
    ],
)
def test_a_prefix_says_what_the_chunk_does_not(at: str, title: str, headings: str) -> None:
    assert _prefix(MANUAL, at, "none") == ""
    assert _prefix(MANUAL, at, "title") == title
    assert _prefix(MANUAL, at, "headings") == headings


def test_a_title_from_the_files_name_stands_before_the_headings() -> None:
    text = "x\n" * 600 + "# Noise\n\nIt whispers."
    assert _prefix(text, "It whispers.", "headings") == "fjell pump 2025.v2 › Noise"
