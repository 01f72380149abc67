"""Versions that a language model answers, each with something to look at."""

from collections.abc import Sequence

from pipeline.answer import Generation, Sentence
from pipeline.answerer import Answerer
from pipeline.errors import EndpointError, PrerequisiteError
from tests.app.workbench.sample_passages import DAY, ENOUGH, OLD, TRADE, WITHIN, passage
from tests.fakes import ScriptedRetriever
from tests.support.models import GrowingGenerator

MODELS = ("writer", "keyless", "crowded", "unanswered")


def keyless() -> Answerer:
    raise PrerequisiteError("GROQ_API_KEY is not set: set it to your key")


def writer(pause: float = 0.03) -> Answerer:
    """A model that writes slowly, is cut off once, and begins anew."""
    words = f"{WITHIN} {DAY}".split()
    steps = [written(" ".join(words[:count])) for count in range(1, len(words) + 1)]
    return model([*steps[:12], *steps], pause)


def crowded(pause: float = 0.0) -> Answerer:
    """A model whose window was too small, and that cited what is not there."""
    answer = Generation(
        (Sentence(WITHIN, (1,)), Sentence(DAY, ())), 1234, 0.0042, stray=2, dropped=(3, 4)
    )
    return model([answer], pause)


def unanswered(pause: float = 0.0) -> Answerer:
    """A model that fails in the middle."""
    fault = EndpointError("groq gave no usable reply in 8 attempts (503); ask again later")
    return model([written("A private customer who"), fault], pause)


def written(text: str) -> Generation:
    return Generation((Sentence(text, (1,)),), 432, 0.00021)


def model(steps: Sequence[Generation | Exception], pause: float = 0.0) -> Answerer:
    mind = ("Returns and refunds policy, 2025 edition", "1. Private customers: change of mind")
    found = [
        passage(1, 0.712, f"{WITHIN} {DAY}", "policies/returns-2025.md", 310, *mind),
        passage(2, 0.655, OLD, "policies/returns-2023.md", 280, "Returns, 2023 edition"),
        passage(3, 0.583, ENOUGH, "policies/returns-2025.md", 470, *mind),
        passage(4, 0.491, TRADE, "policies/returns-2025.md", 1630, "2. Trade customers"),
    ]
    return Answerer(ScriptedRetriever({"": found}), GrowingGenerator(steps, pause), top_k=6)
