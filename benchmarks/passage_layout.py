"""Two sets of passages with questions: Anthropic's documentation and the zoomcamps' FAQ.

Both have JSON files of their own. A passage becomes a raw file of its title, a space and its
text, as BEIR's layout has it; with that the published figures of a dense search come out.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.benchmarks.beir import document_path
from pipeline.errors import DataError


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the files that answer it, and the folder that it is asked in."""

    text: str
    passages: tuple[str, ...]
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class Passages:
    """Texts by file name, and the questions about them."""

    files: dict[str, str]
    questions: tuple[Asked, ...]


def documentation(folder: Path) -> Passages:
    """Read `anthropic_docs/`: passages under headings, of which each question names some."""
    place = folder / "anthropic_docs"
    passages = _rows(place / "anthropic_docs.json")
    questions = _rows(place / "docs_evaluation_dataset.json")
    return Passages(
        {
            document_path(each["chunk_link"]): f"{each['chunk_heading']} {each['text']}"
            for each in passages
        },
        tuple(
            Asked(each["question"], tuple(map(document_path, each["correct_chunks"])))
            for each in questions
        ),
    )


def faq(folder: Path) -> Passages:
    """Read `llm_zoomcamp/`: entries of three courses; a question is asked within its course."""
    place = folder / "llm_zoomcamp"
    files = {
        _in_course(each["course"], each["id"]): f"{each['question']} {each['text']}"
        for each in _rows(place / "documents-with-ids.json")
    }
    with (place / "ground-truth-data.csv").open(encoding="utf-8", newline="") as file:
        questions = tuple(
            Asked(each["question"], (_in_course(each["course"], each["document"]),), each["course"])
            for each in csv.DictReader(file)
        )
    return Passages(files, questions)


def _in_course(course: str, entry: str) -> str:
    return f"{course}/{document_path(entry)}"


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise DataError(f"{path} does not exist; give the folder that holds faq_techdocs/")
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows
