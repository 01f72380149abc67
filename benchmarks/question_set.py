"""Question sets: raw files, and questions with what answers each, of all benchmarks.

Two have JSON files of their own, Anthropic's documentation and the zoomcamps' FAQ. A passage of
theirs becomes a raw file of its title, a space and its text, as BEIR's layout has it; with that
the published figures of a dense search come out.
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.retrieval_setting import Changes
from eval.benchmarks.beir import corpus_files, document_path, judged_cases
from eval.benchmarks.chunking import read_questions
from eval.cases.case import read_cases
from eval.cases.evidence import Target, locate_evidence
from eval.cases.span import Span
from pipeline.documents.document import Document
from pipeline.errors import DataError
from pipeline.files import hash_file, hash_of, replacing_folder
from pipeline.params import CleaningParams
from tests.support.project import ROOT

HANDBOOK = ROOT / "eval" / "cases" / "handbook.jsonl"
FUZZY = 90.0
ONE_CHUNK: Changes = {"chunk": {"method": "document"}}
AS_IT_IS: Changes = {"cleaning": dict.fromkeys(CleaningParams.model_fields, False)}
"""Gold spans count the characters of the files, so none may go."""

_Asked = tuple[str, Mapping[str, int], str | None]
"""A question, the grade of each file that answers it, and the folder that is searched if any."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what answers it, and the folder that is searched if not all are."""

    text: str
    targets: tuple[Target, ...]
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A folder of raw files and its questions; `whole` says that Documents are judged, not spans.

    `changes` are the params that the set needs. `locate` finds the questions' targets in the
    Documents that the files were read as; `source` hashes what the questions are read from.
    """

    name: str
    raw: Path
    whole: bool
    changes: Changes
    locate: Callable[[Sequence[Document]], tuple[Question, ...]]
    source: str


def question_sets(data: Path, cache: Path) -> dict[str, Callable[[], QuestionSet]]:
    """Return, by name, what reads each set of the folder `data`; raw files go into `cache`.

    Raises:
        DataError: a set's files are missing; raised on reading it.
    """
    return {
        "SciFact": lambda: _whole("SciFact", *_beir(data / "scifact", "train"), cache),
        "PIAF": lambda: _whole("PIAF", *_beir(data / "piaf_fr", "test"), cache),
        "Anthropic": lambda: _whole("Anthropic", *_documentation(data / "faq_techdocs"), cache),
        "zoomcamp": lambda: _whole("zoomcamp", *_faq(data / "faq_techdocs"), cache),
        "Chroma": lambda: _chroma(data / "chroma_chunking"),
        "handbook": _handbook,
    }


def _beir(folder: Path, split: str) -> tuple[Iterable[tuple[str, str]], list[_Asked]]:
    asked: list[_Asked] = [
        (case.question, {each.document: each.grade for each in case.evidence}, None)
        for case in judged_cases(folder, split)
    ]
    return corpus_files(folder), asked


def _documentation(folder: Path) -> tuple[Iterable[tuple[str, str]], list[_Asked]]:
    """Read `anthropic_docs/`: passages under headings, of which each question names some."""
    place = folder / "anthropic_docs"
    files = [
        (document_path(each["chunk_link"]), f"{each['chunk_heading']} {each['text']}")
        for each in _rows(place / "anthropic_docs.json")
    ]
    asked: list[_Asked] = [
        (each["question"], dict.fromkeys(map(document_path, each["correct_chunks"]), 1), None)
        for each in _rows(place / "docs_evaluation_dataset.json")
    ]
    return files, asked


def _faq(folder: Path) -> tuple[Iterable[tuple[str, str]], list[_Asked]]:
    """Read `llm_zoomcamp/`: entries of three courses; a question is asked within its course."""
    place = folder / "llm_zoomcamp"

    def path(course: str, entry: str) -> str:
        return f"{course}/{document_path(entry)}"

    files = [
        (path(each["course"], each["id"]), f"{each['question']} {each['text']}")
        for each in _rows(place / "documents-with-ids.json")
    ]
    with (place / "ground-truth-data.csv").open(encoding="utf-8", newline="") as file:
        asked: list[_Asked] = [
            (each["question"], {path(each["course"], each["document"]): 1}, each["course"])
            for each in csv.DictReader(file)
        ]
    return files, asked


def _rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise DataError(f"{path} does not exist; give the folder that holds faq_techdocs/")
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _whole(
    name: str, files: Iterable[tuple[str, str]], asked: Sequence[_Asked], cache: Path
) -> QuestionSet:
    """Make a set whose judgements are of whole files."""

    def locate(documents: Sequence[Document]) -> tuple[Question, ...]:
        held = {path: each for each in documents for path in (each.path, *each.aliases)}

        def target(path: str, grade: int) -> Target:
            """One that is not there counts against the ideal."""
            document = held.get(path)
            spans = (Span(document.path, 0, len(document.text)),) if document else ()
            return Target(grade, spans)

        return tuple(
            Question(text, tuple(target(*each) for each in grades.items()), folder)
            for text, grades, folder in asked
        )

    source = hash_of([list(each) for each in asked])
    return QuestionSet(name, _raw(dict(files), cache), True, ONE_CHUNK, locate, source)


def _chroma(folder: Path) -> QuestionSet:
    questions = tuple(
        Question(each.text, tuple(Target(1, (span,)) for span in each.references))
        for each in read_questions(folder)
    )
    source = hash_file(folder / "questions_df.csv")
    return QuestionSet("Chroma", folder / "corpora", False, AS_IT_IS, lambda _: questions, source)


def _handbook() -> QuestionSet:
    cases = [case for case in read_cases(HANDBOOK) if case.answerable]

    def locate(documents: Sequence[Document]) -> tuple[Question, ...]:
        targets = locate_evidence(cases, documents, FUZZY).targets
        return tuple(Question(case.question, targets[case.id]) for case in cases)

    source = hash_of([case.model_dump_json() for case in cases])
    return QuestionSet("handbook", ROOT / "data" / "raw", False, {}, locate, source)


def _raw(files: Mapping[str, str], cache: Path) -> Path:
    """Write raw files once, into a folder that is named by what they hold."""
    folder = cache / "raw" / hash_of(sorted(files.items()))
    if not folder.is_dir():
        with replacing_folder(folder) as temporary:
            for name, text in files.items():
                path = temporary / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    return folder
