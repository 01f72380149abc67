"""Ranking of documents: the standard measures of a BEIR benchmark."""

import logging
from collections.abc import Sequence
from statistics import fmean

from tqdm import tqdm

from eval.case import Case
from eval.retrieval_metric import ndcg_at, recall_at, reciprocal_rank_at
from pipeline.answer import Passage
from pipeline.retriever import Retriever

DEPTH = 100
"""Documents that are ranked for each query."""
_CHUNKS_A_DOCUMENT = 4


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
        documents = _distinct(passages)
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


def _distinct(passages: Sequence[Passage]) -> list[str]:
    return list(dict.fromkeys(passage.document for passage in passages))


def _measure(documents: Sequence[str], case: Case) -> dict[str, float]:
    grades = {evidence.document: evidence.grade for evidence in case.evidence}
    gains = [float(grades.get(document, 0)) for document in documents]
    return {
        "nDCG@10": ndcg_at(gains, [float(grade) for grade in grades.values()], 10),
        "MRR@10": reciprocal_rank_at(gains, 10),
        "Recall@10": recall_at(gains, len(grades), 10),
        "Recall@100": recall_at(gains, len(grades), 100),
    }
