"""Every param of `ingest`, `ocr` and `cleaning` changes what comes of a file that it concerns."""

import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from PIL import Image, ImageDraw, ImageFont

from pipeline.documents.document import Document
from pipeline.documents.report import IngestReport
from pipeline.params import CleaningParams, IngestParams, OcrParams
from tests.support.versions import SETTINGS, ingested, pdf

Ingested = tuple[list[Document], IngestReport]

CHANGES: list[tuple[str, str, Any, set[str]]] = [
    ("ingest", "max_megabytes", 1, {"large.txt"}),
    ("ingest", "max_unpacked_megabytes", 1, {"unpacked.docx"}),
    ("ingest", "max_pages", 2, {"pages.pdf"}),
    ("ingest", "max_megapixels", 1, {"large.png"}),
    ("ingest", "tags", {"drawings": ["*.png"]}, {"scan.png", "large.png"}),
    ("ocr", "mode", "never", {"scan.png", "drawn.pdf"}),
    ("ocr", "resolution", 72, {"drawn.pdf"}),
    ("ocr", "discard", 1.0, {"scan.png", "drawn.pdf"}),
    ("ocr", "threshold", 1.0, {"drawn.pdf"}),
    ("cleaning", "ligatures", False, {"plain.txt"}),
    ("cleaning", "hyphenation", False, {"plain.txt"}),
    ("cleaning", "repeated_lines", False, {"pages.pdf"}),
    ("cleaning", "whitespace", False, {"plain.txt"}),
]
"""A second value of each param, and the files that it makes a difference to."""


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("each") / "raw"
    folder.mkdir()
    (folder / "plain.txt").write_text("The \ufb01lter   must be re-\nplaced every year.")
    (folder / "nearly.txt").write_text("The filter must be replaced every two years, at least.")
    (folder / "alike.txt").write_text("The filter must be replaced every two years, at most.")
    (folder / "large.txt").write_text("\n".join(["A line of many."] * 100_000))
    _document(folder / "unpacked.docx")
    bodies = ("Pumps hum.", "Valves click softly.", "Fans whirr in the dark.")
    (folder / "pages.pdf").write_bytes(pdf(*(f"Fjell Handbook\n\n{body}" for body in bodies)))
    _drawing("Keep the receipt", (500, 120), 30).save(folder / "scan.png")
    _drawing("Close the valve", (1200, 900), 60).save(folder / "large.png")
    _drawing("Open the window slowly", (600, 160), 18).save(folder / "drawn.pdf", resolution=150)
    return folder


def _document(path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("The hub shows a blue light.")
    document.save(str(path))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customXml/blanks.xml", "<a>" + " " * 2_000_000 + "</a>")


def _drawing(text: str, size: tuple[int, int], height: int) -> Image.Image:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((40, 40), text, "black", ImageFont.load_default(height))
    return image


def _read(raw: Path, cache: Path, changes: dict[str, dict[str, Any]]) -> Ingested:
    settings = {name: {**SETTINGS[name], **changes.get(name, {})} for name in SETTINGS}
    return ingested(raw, cache, settings)


@pytest.fixture(scope="module")
def first(raw: Path) -> Ingested:
    return _read(raw, raw.parent / "readings", {})


def test_no_param_is_left_out() -> None:
    tried = {(section, key) for section, key, *_ in CHANGES}
    tried |= {("ingest", "exclude"), ("ingest", "near_duplicate")}
    models = {"ingest": IngestParams, "ocr": OcrParams, "cleaning": CleaningParams}
    assert tried == {(name, key) for name, model in models.items() for key in model.model_fields}


def test_everything_is_read_at_first(first: Ingested) -> None:
    report = first[1]
    assert not report.of("quarantined")
    assert not report.low_confidence


@pytest.mark.slow
@pytest.mark.parametrize(("section", "key", "value", "expected"), CHANGES)
def test_a_param_changes_what_comes_of_a_file(
    raw: Path, first: Ingested, section: str, key: str, value: Any, expected: set[str]
) -> None:
    concerned = expected | {"alike.txt"}
    others = [path.name for path in raw.iterdir() if path.name not in concerned]
    changes: dict[str, dict[str, Any]] = {"ingest": {"exclude": others}}
    changes.setdefault(section, {})[key] = value
    second = _outcomes(_read(raw, raw.parent / "readings", changes))
    before = _outcomes(first)
    assert set(second) == concerned
    assert {path for path in concerned if second[path] != before[path]} == expected


def test_what_is_excluded_is_not_read(raw: Path, first: Ingested) -> None:
    second = _read(raw, raw.parent / "readings", {"ingest": {"exclude": ["plain.*", "*.png"]}})
    assert set(_outcomes(first)) - set(_outcomes(second)) == {"plain.txt", "scan.png", "large.png"}


def test_near_duplicates_are_those_that_share_enough(raw: Path, first: Ingested) -> None:
    assert not first[1].near_duplicates
    _, report = _read(raw, raw.parent / "readings", {"ingest": {"near_duplicate": 0.6}})
    [pair] = report.near_duplicates
    assert (pair.first, pair.second) == ("alike.txt", "nearly.txt")


def test_a_document_carries_the_tags_whose_patterns_match(raw: Path, first: Ingested) -> None:
    tags = {"words": ["plain.*", "alike.*"], "all": ["*"], "none": ["*.md"]}
    documents, _ = _read(raw, raw.parent / "readings", {"ingest": {"tags": tags}})
    found = {document.path: document.tags for document in documents}
    assert (found["plain.txt"], found["nearly.txt"]) == (("all", "words"), ("all",))
    assert not any(document.tags for document in first[0])


def _outcomes(outcome: Ingested) -> dict[str, str]:
    documents, report = outcome
    found = {document.path: document for document in documents}
    return {file.path: repr((file, found.get(file.path))) for file in report.files}
