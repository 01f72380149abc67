"""A Library whose Versions answer from a script: what the workbench's tests look at."""

import hashlib
from collections.abc import Callable, Mapping

from app.library import Library
from eval.cases.case import Case, Evidence
from eval.ledger.ledger import Record
from eval.scores.scorecard import CaseSet, MetricSummary, Score, Scorecard
from pipeline.answer import Generation, Passage, Sentence
from pipeline.answerer import Answerer
from pipeline.errors import VersionError
from tests.app.workbench.sample_models import MODELS, crowded, keyless, unanswered, writer
from tests.app.workbench.sample_passages import DAY, DOA, ENOUGH, OLD, TRADE, WITHIN, passage
from tests.fakes import MemoryLedger, ScriptedRetriever
from tests.support.models import ScriptedGenerator

RETURNS = "How many days does a private customer have to return goods?"
PRICE = "What does the Halden academy charge for a course?"
ATTACK = (
    "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'> ${pwned} {{pwned}}"
)

CASES = (
    Case(
        id="returns-01",
        question=RETURNS,
        answer="30 days from delivery; the day of delivery is not counted.",
        answerable=True,
        evidence=(
            Evidence(
                document="policies/returns-2025.md",
                quote="may send goods back without giving a reason within 30 days of delivery",
            ),
        ),
        tags=("single", "policy"),
    ),
    Case(
        id="academy-01", question=PRICE, answer="", answerable=False, evidence=(), tags=("price",)
    ),
    Case(
        id="attack-01",
        question=ATTACK,
        answer="<b>bold</b></script><script>window.pwned = 3</script>",
        answerable=True,
        evidence=(Evidence(document="<i>x</i>.md"),),
        tags=("</script><script>window.pwned = 4</script>",),
    ),
)


def version_id(name: str) -> str:
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest() + ".dir"


def small_chunks() -> Answerer:
    mind = ("Returns and refunds policy, 2025 edition", "1. Private customers: change of mind")
    found = [
        passage(1, 0.712, f"{WITHIN} {DAY}", "policies/returns-2025.md", 310, *mind),
        passage(2, 0.655, OLD, "policies/returns-2023.md", 280, "Returns, 2023 edition"),
        passage(3, 0.583, ENOUGH, "policies/returns-2025.md", 470, *mind),
        passage(4, 0.491, TRADE, "policies/returns-2025.md", 1630, "2. Trade customers"),
    ]
    answer = Generation((Sentence(WITHIN, (1,)), Sentence(DAY, (1,)), Sentence(OLD, (2,))))
    return _answerer({"": found}, {RETURNS: answer})


def large_chunks() -> Answerer:
    mind = ("Returns and refunds policy, 2025 edition", "1. Private customers: change of mind")
    found = [
        passage(1, 0.688, f"{WITHIN} {DAY}\n{ENOUGH}", "policies/returns-2025.md", 310, *mind),
        passage(2, 0.472, f"{TRADE}\n\n{DOA}", "policies/returns-2025.md", 1630, "2. Trade"),
        passage(3, 0.398, DOA, "manuals/commissioning.pdf", 9100, "Commissioning"),
    ]
    answer = Generation((Sentence(WITHIN, (1,)), Sentence(ENOUGH, (1,))))
    return _answerer({"": found}, {RETURNS: answer})


def hostile() -> Answerer:
    found = [passage(1, 0.5, f"Before. {ATTACK} After.", f"{ATTACK}.md", 0, ATTACK)]
    answer = Generation((Sentence(ATTACK, (1,)),))
    return _answerer({"": found}, dict.fromkeys((RETURNS, ATTACK), answer))


def _answerer(passages: Mapping[str, list[Passage]], answers: Mapping[str, Generation]) -> Answerer:
    return Answerer(ScriptedRetriever(passages), ScriptedGenerator(answers, 0.02), top_k=6)


def broken() -> Answerer:
    raise VersionError(
        f"the Version {version_id('broken')} is not in DVC's cache; fetch it with `dvc pull`"
    )


OPENERS: dict[str, Callable[[], Answerer]] = {
    "small": small_chunks,
    "large": large_chunks,
    "broken": broken,
    "hostile": hostile,
    "fifth": small_chunks,
    "writer": writer,
    "keyless": keyless,
    "crowded": crowded,
    "unanswered": unanswered,
}


def summary(mean: float, /, **changes: object) -> MetricSummary:
    values: dict[str, object] = {
        "mean": mean,
        "low": max(0.0, mean - 0.06),
        "high": min(1.0, mean + 0.055),
        "scored": 84,
        "failed": {},
        "not_applicable": 0,
    }
    return MetricSummary.model_validate(values | changes)


def record(name: str, size: int, day: int, recall: float, **settings: str | int) -> Record:
    failed = {"the reference answer is empty": 2} if name == "broken" else {}
    scorecard = Scorecard(
        version=version_id(name),
        engine="e" * 32,
        corpus="c" * 32,
        cases=CaseSet(hash="f" * 32, count=84, orphans=()),
        judge="j" * 32,
        settings={
            "chunk.method": "recursive",
            "chunk.size": size,
            "retrieval.top_k": 6,
            "generation.generator": "groq" if name in MODELS else "extractive",
            **settings,
        },
        metrics={
            "context_recall": summary(recall),
            "context_precision": summary(0.9 - recall),
            "context_iou": summary(0.21),
            "hit_rate": summary(0.88),
            "mrr": summary(0.74),
            "ndcg": summary(0.702),
            "answer_alignment": summary(0.655, scored=82 if failed else 84, failed=failed),
            "rouge_l": summary(0.402),
            "token_f1": summary(0.437),
            "abstention_right": summary(0.667),
        },
        tags={},
    )
    tags = {} if name == "small" else {"experiment": f"{name}-chunks"}
    return Record(f"run-{name}", scorecard, 1_795_000_000.0 + day * 86_400, {}, tags)


def scores(recall: float) -> list[Score]:
    return [
        Score.of("returns-01", "context_recall", recall),
        Score.of("returns-01", "token_f1", 0.512),
        Score.failed("returns-01", "answer_alignment", "the encoder was stopped"),
        Score.not_applicable("returns-01", "abstention_right", "the Case can be answered"),
        Score.of("academy-01", "abstention_right", 1.0),
    ]


def sample_library(*names: str, champion: str | None = None) -> Library:
    """A Library of the named Versions, recorded in this order, the last one newest."""
    ledger = MemoryLedger(version_id(champion) if champion else None)
    sizes = {"small": 120, "large": 400, "broken": 200, "hostile": 300, "fifth": 80}
    sizes |= dict.fromkeys(MODELS, 120)
    for day, name in enumerate(names):
        recall = 0.81 - 0.04 * day
        ledger.add(record(name, sizes[name], day, recall), scores(recall))
    return library_over(ledger)


def library_over(ledger: MemoryLedger) -> Library:
    openers = {version_id(name): opener for name, opener in OPENERS.items()}
    return Library(ledger, CASES, lambda version: openers[version]())
