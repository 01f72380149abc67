"""Judged sets: raw files, and questions with the places in them that answer each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.passage_layout import Passages, documentation, faq
from benchmarks.retrieval_setting import Changes
from eval.benchmarks.beir import corpus_files, judged_cases
from eval.benchmarks.chunking import read_questions
from eval.cases.case import read_cases
from eval.cases.evidence import Target, locate_evidence
from eval.cases.span import Span
from pipeline.documents.document import Document
from pipeline.files import hash_file, hash_of, replacing_folder
from pipeline.params import CleaningParams
from tests.support.project import ROOT

HANDBOOK = ROOT / "eval" / "cases" / "handbook.jsonl"
FUZZY = 90.0
ONE_CHUNK: Changes = {"chunk": {"method": "document"}}
AS_IT_IS: Changes = {"cleaning": dict.fromkeys(CleaningParams.model_fields, False)}
"""Gold spans count the characters of the files, so none may go."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what answers it, and the folder that is searched if not all are."""

    text: str
    targets: tuple[Target, ...]
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class JudgedSet:
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


def judged_sets(data: Path, cache: Path) -> dict[str, Callable[[], JudgedSet]]:
    """Return, by name, what reads each set of the folder `data`; raw files go into `cache`."""
    return {
        "SciFact": lambda: _beir("SciFact", data / "scifact", "train", cache),
        "PIAF": lambda: _beir("PIAF", data / "piaf_fr", "test", cache),
        "Anthropic": lambda: _passages("Anthropic", documentation(data / "faq_techdocs"), cache),
        "zoomcamp": lambda: _passages("zoomcamp", faq(data / "faq_techdocs"), cache),
        "Chroma": lambda: _chroma(data / "chroma_chunking"),
        "handbook": _handbook,
    }


def _beir(name: str, folder: Path, split: str, cache: Path) -> JudgedSet:
    cases = judged_cases(folder, split)
    asked = [
        (each.question, {at.document: at.grade for at in each.evidence}, None) for each in cases
    ]
    return _whole(name, dict(corpus_files(folder)), asked, cache)


def _passages(name: str, passages: Passages, cache: Path) -> JudgedSet:
    asked = [
        (each.text, dict.fromkeys(each.passages, 1), each.folder) for each in passages.questions
    ]
    return _whole(name, passages.files, asked, cache)


def _whole(
    name: str,
    files: Mapping[str, str],
    asked: Sequence[tuple[str, Mapping[str, int], str | None]],
    cache: Path,
) -> JudgedSet:
    """Make a set whose judgements are of whole files."""

    def locate(documents: Sequence[Document]) -> tuple[Question, ...]:
        held = {path: each for each in documents for path in (each.path, *each.aliases)}
        return tuple(
            Question(text, tuple(_whole_document(held, path, by[path]) for path in by), folder)
            for text, by, folder in asked
        )

    source = hash_of([list(each) for each in asked])
    return JudgedSet(name, _raw(files, cache), True, ONE_CHUNK, locate, source)


def _whole_document(held: Mapping[str, Document], path: str, grade: int) -> Target:
    """Return a Document as a Target; one that is not there counts against the ideal."""
    document = held.get(path)
    places = (Span(document.path, 0, len(document.text)),) if document else ()
    return Target(grade, places)


def _chroma(folder: Path) -> JudgedSet:
    asked = read_questions(folder)
    questions = tuple(
        Question(each.text, tuple(Target(1, (place,)) for place in each.references))
        for each in asked
    )
    source = hash_file(folder / "questions_df.csv")
    return JudgedSet("Chroma", folder / "corpora", False, AS_IT_IS, lambda _: questions, source)


def _handbook() -> JudgedSet:
    cases = [case for case in read_cases(HANDBOOK) if case.answerable]

    def locate(documents: Sequence[Document]) -> tuple[Question, ...]:
        targets = locate_evidence(cases, documents, FUZZY).targets
        return tuple(Question(case.question, targets[case.id]) for case in cases)

    source = hash_of([case.model_dump_json() for case in cases])
    return JudgedSet("handbook", ROOT / "data" / "raw", False, {}, locate, source)


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
