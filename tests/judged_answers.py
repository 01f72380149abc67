"""Answers to be judged: a Case of three passages, answered well, badly or not at all."""

from pathlib import Path
from typing import Any

from eval.case import Case, Evidence
from eval.judge import Judged
from eval.params import JudgedMetric, JudgeParams
from pipeline.answer import Answer, Passage, Sentence
from pipeline.endpoints import Endpoints
from tests.loopback.fixture import LoopbackServer, environment

METRICS: tuple[JudgedMetric, ...] = (
    "faithfulness",
    "answer_relevancy",
    "judged_context_precision",
    "judged_context_recall",
    "factual_correctness",
    "noise_sensitivity",
)
CALLS = 2 + 1 + 3 + 1 + 4 + 9
"""Of all metrics on an Answer with three passages."""

REFERENCE = "The warranty of the Fjell pump lasts five years."
GOOD = "The warranty of the Fjell pump lasts five years."
BAD = "Nobody may open the small blue lamp at night. Bananas grow in Norway."
MISLED = "Batteries are covered for one year only."
RELEVANT = f"{REFERENCE} {MISLED}"
IRRELEVANT = ("The lamp is blue and small.", "Rinse the filter with water.")


def judged(name: str = "c", text: str = GOOD, passages: tuple[str, ...] | None = None) -> Judged:
    """An answer of one sentence; without text it abstains."""
    case = Case(
        id=name,
        question="How long is the warranty of the Fjell pump?",
        answer=REFERENCE,
        answerable=True,
        evidence=(Evidence(document="a.md"),),
    )
    found = tuple(
        Passage(rank, 1.0, f"c{rank}", "a.md", 0, len(each), each, "h", None, ())
        for rank, each in enumerate((RELEVANT, *IRRELEVANT) if passages is None else passages, 1)
    )
    sentences = (Sentence(text, (1,)),) if text else ()
    return Judged(case, Answer(case.question, sentences, found))


def judge_params(**changes: Any) -> JudgeParams:
    """A judge of all metrics behind groq."""
    settings = {
        "provider": "groq",
        "model": "llama-3.3-70b-versatile",
        "metrics": METRICS,
        "temperature": 0.0,
        "max_tokens": 2048,
        "repeats": 1,
    }
    return JudgeParams.model_validate({**settings, **changes})


def endpoints_of(server: LoopbackServer, folder: Path, **environ: str) -> Endpoints:
    """Endpoints at a loopback server, patient for a fraction of a second."""
    return Endpoints({**environment(server), "WINNOW_MODEL_SECONDS": "0.4", **environ}, folder)
