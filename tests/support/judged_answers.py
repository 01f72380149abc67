import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from eval.cases.case import Case, Evidence
from eval.judges.judge import Judged
from eval.params import JudgedMetric, JudgeParams, ScoreParams
from pipeline.answer import Answer, Passage, Sentence
from pipeline.endpoints.endpoints import Endpoints
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


def score_params(**changes: Any) -> ScoreParams:
    """What scores answers without a language model."""
    settings = {
        "budget": 300,
        "k": 1,
        "metrics": ("token_f1",),
        "encoder": "all-MiniLM-L6-v2",
        "fuzzy": 90.0,
        "confidence": 0.95,
        "resamples": 200,
        "seed": 7,
    }
    return ScoreParams.model_validate({**settings, **changes})


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


# A question or source of each half, as its hash has it.
ASKED = tuple(f"How long does part {at} last?" for at in range(12))


def write_judgements(folder: Path) -> Path:
    """Write twelve pairs of answers, QAGS's two sets and SummEdits' four."""
    people, machine = [], []
    for at, question in enumerate(ASKED):
        better = at % 2
        pair = {
            "instance_id": at,
            "query": question,
            "gt_answer": f"It lasts {at + 2} winters.",
            "model1": {"response": _answer(at, right=not better)},
            "model2": {"response": _answer(at, right=bool(better))},
        }
        preferred = 2 if better else -2
        people += [{**pair, **_labels(preferred)}, {**pair, **_labels(preferred // 2)}]
        machine.append(
            {
                "instance_id": at,
                "model1": {"ragchecker": _labels(1 - better)},
                "model2": {"ragchecker": _labels(better)},
            }
        )
    _write(folder / "ragchecker" / "human_labeled_data.json", people)
    _write(folder / "ragchecker" / "baseline_ragchecker.json", machine)
    for name in ("cnndm", "xsum"):
        lines = [json.dumps(row) for row in map(_rated, range(12))]
        path = folder / "qags" / f"mturk_{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in ("ectsum", "qmsumm", "samsum", "scitldr"):
        rows = [row for at in range(12) for row in _edited(at)]
        _write(folder / "summedits" / f"summedits_{name}.json", rows)
    return folder


def _answer(at: int, *, right: bool) -> str:
    return f"Around {at + 2} winters." if right else "Nobody can say."


def _labels(value: float) -> dict[str, float]:
    return {f"{aspect}_label": value for aspect in ("correctness", "completeness", "overall")}


def _source(at: int) -> str:
    return f"Part {at} of the hub lasts {at + 2} winters. It is grey."


def _rated(at: int) -> dict[str, Any]:
    said = f"It lasts {at + 2} winters." if at % 3 else "It is made of brass by hand."
    voices = ["yes", "yes", "no"] if at % 3 else ["no", "no", "yes"]
    responses = [{"worker_id": each, "response": voice} for each, voice in enumerate(voices)]
    return {
        "article": _source(at),
        "summary_sentences": [{"sentence": said, "responses": responses}],
    }


def _edited(at: int) -> Iterable[Mapping[str, Any]]:
    yield {"doc": _source(at), "summary": f"Part {at} lasts {at + 2} winters.", "label": 1}
    yield {"doc": _source(at), "summary": f"Part {at} lasts {at + 90} winters.", "label": 0}


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(json.dumps(list(rows)), encoding="utf-8")
