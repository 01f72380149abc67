"""A judged candidate for the tests of the reports: recall is lost, F1 is open, text is hostile."""

from app.report.making import make_report
from app.report.report import GateReport
from eval.answers.answers import CaseAnswer
from eval.blame.blame import Blame, Step
from eval.blame.index_difference import CaseOverlap, ChunkChange, DocumentChange, IndexDifference
from eval.cases.case import Case, Evidence
from eval.gate.gate import judge_candidate
from eval.gate.verdict import MeasuredVersion, Verdict
from eval.scores.scorecard import CaseSet
from pipeline.answer import Answer, Passage, Sentence
from pipeline.files import hash_text
from tests.support.gates import card_of, gate_params, scores_of

OLD, NEW = "0" * 32 + ".dir", "1" * 32 + ".dir"
ATTACK = (
    "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'> | **@ada** \x0b #7"
)
QUOTE = "The warranty lasts five years"
COUNT = 60
_LOST = 20
_SETTINGS = {"score.budget": 2000, "chunk.method": ATTACK}
_F1 = [(0.4 if number % 2 else 0.2) for number in range(COUNT)]

VALUES = {
    "new": {
        "context_recall": [0.0] * _LOST + [1.0] * (COUNT - _LOST),
        "token_f1": [value + (0.3 if number % 3 else -0.5) for number, value in enumerate(_F1)],
        "abstention_wrong": [0.0] * (COUNT - 1) + [None],
    },
    "old": {
        "context_recall": [1.0] * COUNT,
        "token_f1": _F1,
        "abstention_wrong": [0.0] * COUNT,
    },
}
PARAMS = gate_params(
    floors={"context_recall": 0.5},
    margins={"context_recall": 0.05, "token_f1": 0.02},
    guards={"abstention_wrong": 0.05},
)


def case(number: int) -> Case:
    return Case(
        id=f"c{number:03}",
        question=ATTACK if number == 0 else f"How long is warranty {number}?",
        answer="Five years." if number else ATTACK,
        answerable=True,
        evidence=(Evidence(document="warranty.md", quote=QUOTE),),
        tags=("single",),
    )


CASES = tuple(case(number) for number in range(COUNT))


def side(name: str, version: str, chunk_size: int) -> MeasuredVersion:
    values = VALUES[name]
    card = card_of(
        values,
        lower=("abstention_wrong",),
        version=version,
        cases=CaseSet(hash="s", count=COUNT, orphans=("c009: gone.md",)),
        settings={**_SETTINGS, "chunk.size": chunk_size},
    )
    return MeasuredVersion(card, tuple(scores_of(values)))


CANDIDATE, BASELINE = side("new", NEW, 60), side("old", OLD, 150)


def verdict() -> Verdict:
    return judge_candidate(
        CANDIDATE.scorecard,
        CANDIDATE.scores,
        BASELINE.scorecard,
        BASELINE.scores,
        CASES,
        PARAMS,
    )


def passage(rank: int, text: str, document: str = "warranty.md", start: int = 0) -> Passage:
    return Passage(
        rank=rank,
        score=0.5,
        chunk_id=f"{document}:{start}",
        document=document,
        start=start,
        end=start + len(text),
        text=text,
        text_hash=hash_text(text),
        page=None,
        headings=("Warranty",),
    )


def answer(case_id: str, text: str, *passages: Passage) -> CaseAnswer:
    return CaseAnswer(case_id, Answer("?", (Sentence(text, (1,)),), passages))


def answers() -> tuple[dict[str, CaseAnswer], dict[str, CaseAnswer]]:
    held = passage(1, f"Before. {QUOTE} from the day of purchase.")
    other = passage(1, ATTACK, "<i>x</i>.md", 900)
    old = {each.id: answer(each.id, f"{QUOTE}.", held) for each in CASES}
    new = {each.id: answer(each.id, ATTACK, other) for each in CASES}
    return old, {**new, "c001": CaseAnswer("c001", None, error="the model is away")}


def difference() -> IndexDifference:
    return IndexDifference(
        stages=("chunk",),
        chunks=ChunkChange(added=12, removed=7, kept=30),
        documents=DocumentChange(added=(), removed=(), changed=("warranty.md",), kept=4),
        cases=tuple(
            CaseOverlap(each.id, 0.5, "passages" if at < _LOST else None)
            for at, each in enumerate(CASES)
        ),
    )


def blames() -> tuple[Blame, ...]:
    path = (Step("baseline", 1.0), Step("ingest", 1.0), Step("chunk", 0.0))
    return tuple(
        Blame(f"c{number:03}", "context_recall", "chunk", 1.0, path) for number in range(_LOST)
    )


def sample() -> GateReport:
    return make_report(
        verdict(),
        CANDIDATE,
        BASELINE,
        CASES,
        against="champion",
        answers=answers(),
        difference=difference(),
        blames=blames(),
    )


def first_release() -> GateReport:
    found = judge_candidate(CANDIDATE.scorecard, CANDIDATE.scores, None, (), CASES, PARAMS)
    return make_report(found, CANDIDATE, None, CASES)
