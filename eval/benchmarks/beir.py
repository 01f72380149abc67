"""BEIR: its layout as raw files and Cases, and its measures of a ranking.

`corpus.jsonl` holds {_id, title, text}, `queries.jsonl` {_id, text}, `qrels/SPLIT.tsv` query id,
corpus id and grade (Thakur et al., "BEIR", 2021). A judgement is evidence without a quote.
"""

import csv
import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any
from urllib.parse import quote

from tqdm import tqdm

from eval.cases.case import Case, Evidence
from eval.scores.metrics import ndcg_at, recall_at, reciprocal_rank_at
from pipeline.errors import DataError
from pipeline.files import hash_text
from pipeline.retrieval.ranking import Retriever

DEPTH = 100
"""Documents that are ranked for each query."""
_CHUNKS_A_DOCUMENT = 4
_LONGEST = 200
"""Characters of a file name before its ending; file systems take 255 bytes."""


def document_path(corpus_id: str) -> str:
    """Return the name of the raw file of a corpus entry; any id gives a valid one."""
    name = quote(corpus_id, safe="")
    return f"{name if len(name) <= _LONGEST else hash_text(corpus_id)}.txt"


def corpus_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and text of a raw file for each corpus entry: title, a space, text.

    Raises:
        DataError: the file is missing, or a line is no corpus entry or repeats an id.
    """
    seen: set[str] = set()
    for entry in _lines(folder / "corpus.jsonl", ("_id", "text")):
        corpus_id = str(entry["_id"])
        if corpus_id in seen:
            raise DataError(f"{folder / 'corpus.jsonl'}: the _id {corpus_id!r} stands twice")
        seen.add(corpus_id)
        text = f"{entry.get('title') or ''} {entry['text']}".strip()
        if text:
            yield document_path(corpus_id), text


def judged_cases(folder: Path, split: str) -> tuple[Case, ...]:
    """Return a Case for each query of a split that is judged relevant to something.

    Raises:
        DataError: a file is missing or broken; the message lists the splits there are.
    """
    grades = _judgements(folder, split)
    cases = [
        Case(
            id=str(query["_id"]),
            question=query["text"],
            answer="",
            answerable=True,
            evidence=tuple(
                Evidence(document=document_path(corpus_id), grade=grade)
                for corpus_id, grade in grades[str(query["_id"])].items()
            ),
        )
        for query in _lines(folder / "queries.jsonl", ("_id", "text"))
        if str(query["_id"]) in grades and query["text"].strip()
    ]
    if not cases:
        raise DataError(f"{folder}: no query of queries.jsonl is judged in qrels/{split}.tsv")
    return tuple(cases)


def measure_ranking(retriever: Retriever, cases: Sequence[Case]) -> dict[str, float]:
    """Return nDCG@10, MRR@10, Recall@10 and Recall@100, means over the Cases.

    A document ranks where its first chunk does. Gains are linear as in trec_eval; a judged
    document that is not in the corpus counts against the ideal, as it does there.
    """
    rows = [
        _measure(ranked_documents(retriever, case.question), case)
        for case in tqdm(cases, desc="benchmark", unit="query", disable=None)
    ]
    return {name: fmean(row[name] for row in rows) for name in rows[0]}


def ranked_documents(retriever: Retriever, question: str) -> list[str]:
    """Return up to `DEPTH` distinct document paths, best first."""
    depth = DEPTH
    while True:
        passages = retriever.retrieve(question, depth)
        documents = list(dict.fromkeys(passage.document for passage in passages))
        if len(documents) >= DEPTH or len(passages) < depth:
            return documents[:DEPTH]
        depth *= _CHUNKS_A_DOCUMENT


def missing_documents(cases: Sequence[Case], present: set[str]) -> list[str]:
    """Return judged documents that are not in the corpus, and log how many."""
    judged = {evidence.document for case in cases for evidence in case.evidence}
    missing = sorted(judged - present)
    if missing:
        many = "document is" if len(missing) == 1 else "documents are"
        log = logging.getLogger("winnow")
        log.warning("%d judged %s not in the corpus", len(missing), many)
    return missing


def _judgements(folder: Path, split: str) -> dict[str, dict[str, int]]:
    path = folder / "qrels" / f"{split}.tsv"
    if not path.is_file():
        splits = sorted(each.stem for each in (folder / "qrels").glob("*.tsv"))
        raise DataError(f"{path} does not exist; splits there: {', '.join(splits) or 'none'}")
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    rows = csv.reader(_text(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, row in enumerate(rows, start=1):
        if not row or row[0] in ("query-id", "query_id"):
            continue
        try:
            query, corpus_id, grade = row[0], row[1], int(row[2])
        except (IndexError, ValueError):
            raise DataError(f"{path}:{number}: not query id, corpus id, grade: {row}") from None
        if grade > 0:
            grades[query][corpus_id] = grade
    return grades


def _lines(path: Path, keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise DataError(
            f"{path} does not exist; BEIR's layout is corpus.jsonl, queries.jsonl, qrels/"
        )
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            entry = None
        if not isinstance(entry, dict):
            raise DataError(f"{path}:{number}: not a JSON object")
        if missing := [key for key in keys if key not in entry]:
            raise DataError(f"{path}:{number}: lacks {', '.join(missing)}")
        if not isinstance(entry["text"], str):
            raise DataError(f"{path}:{number}: `text` is {entry['text']!r}, not a string")
        yield entry


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text ({error})") from None


def _measure(documents: Sequence[str], case: Case) -> dict[str, float]:
    grades = {evidence.document: evidence.grade for evidence in case.evidence}
    gains = [float(grades.get(document, 0)) for document in documents]
    return {
        "nDCG@10": ndcg_at(gains, [float(grade) for grade in grades.values()], 10),
        "MRR@10": reciprocal_rank_at(gains, 10),
        "Recall@10": recall_at(gains, len(grades), 10),
        "Recall@100": recall_at(gains, len(grades), 100),
    }
