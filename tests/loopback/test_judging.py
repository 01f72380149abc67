"""The real RAGAS metrics through the real SDKs: better answers score better."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import groq
import openai
import pytest

from tests.loopback.behaviour import MALFORMATIONS
from tests.loopback.fixture import LoopbackServer

# RAGAS leaves the file open that it keeps its own user's id in, even where tracking is off.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*ragas.*uuid:ResourceWarning")

QUESTION = "How long does the battery of the Aurora lamp last?"
REFERENCE = "The battery of the Aurora lamp lasts 12 hours."
TELLING = "The battery of the Aurora lamp lasts 12 hours at full brightness. It charges by USB."
OTHER = "Parcels to Norway take five days. Returns are free for a month."

GOOD = {"response": "The battery of the Aurora lamp lasts 12 hours.", "contexts": [TELLING, OTHER]}
BAD = {"response": "Bananas are grown in warm countries.", "contexts": [OTHER, OTHER]}
NOISY = {"response": "It charges by USB.", "contexts": [TELLING, OTHER]}

Ask = Callable[[dict[str, Any]], Awaitable[Any]]


def measures(model: Any, vectors: Any) -> dict[str, Ask]:
    from ragas.metrics import collections

    faithfulness = collections.Faithfulness(llm=model)
    relevancy = collections.AnswerRelevancy(llm=model, embeddings=vectors)
    precision = collections.ContextPrecisionWithReference(llm=model)
    recall = collections.ContextRecall(llm=model)
    correctness = collections.FactualCorrectness(llm=model)
    noise = collections.NoiseSensitivity(llm=model)
    return {
        "faithfulness": lambda row: faithfulness.ascore(QUESTION, row["response"], row["contexts"]),
        "relevancy": lambda row: relevancy.ascore(QUESTION, row["response"]),
        "precision": lambda row: precision.ascore(QUESTION, REFERENCE, row["contexts"]),
        "recall": lambda row: recall.ascore(QUESTION, row["contexts"], REFERENCE),
        "correctness": lambda row: correctness.ascore(row["response"], REFERENCE),
        "noise": lambda row: noise.ascore(QUESTION, row["response"], REFERENCE, row["contexts"]),
    }


def language_model(form: str, by_openai: openai.AsyncOpenAI, by_groq: groq.AsyncGroq) -> Any:
    """Return ragas' model over an SDK: `openai`, or one of instructor's modes over groq.

    RAGAS' own factory does the same for OpenAI, and fails on Groq's client.
    """
    import instructor
    from ragas.llms.base import InstructorLLM

    if form == "openai":
        wrapped = instructor.from_openai(by_openai, mode=instructor.Mode.JSON)
        return InstructorLLM(wrapped, "any", "openai")
    return InstructorLLM(instructor.from_groq(by_groq, mode=instructor.Mode[form]), "any", "groq")


def embedding(client: openai.AsyncOpenAI) -> Any:
    from ragas.embeddings.base import BaseRagasEmbedding

    class Embedding(BaseRagasEmbedding):
        def embed_text(self, text: str, **_: Any) -> list[float]:
            raise NotImplementedError

        async def aembed_text(self, text: str, **_: Any) -> list[float]:
            reply = await client.embeddings.create(model="any", input=text)
            return reply.data[0].embedding

    return Embedding()


def judged(server: LoopbackServer, form: str, row: dict[str, Any], *names: str) -> list[float]:
    """Return the row's scores by the metrics of these names."""

    async def ask() -> list[float]:
        by_openai = openai.AsyncOpenAI(api_key="any", base_url=f"{server.url}/v1", max_retries=0)
        by_groq = groq.AsyncGroq(api_key="any", base_url=server.url, max_retries=0)
        async with by_openai, by_groq:
            asked = measures(language_model(form, by_openai, by_groq), embedding(by_openai))
            return [float((await asked[name](row)).value) for name in names]

    return asyncio.run(ask())


FORMS = ("openai", "TOOLS", "JSON", "JSON_SCHEMA", "MD_JSON")
ALL = ("faithfulness", "relevancy", "precision", "recall", "correctness")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.thorough
def test_a_good_answer_scores_above_a_bad_one_by_every_metric(
    loopback: LoopbackServer, form: str
) -> None:
    good = judged(loopback, form, GOOD, *ALL)
    bad = judged(loopback, form, BAD, *ALL)
    assert good == pytest.approx([1, 0.7, 1, 1, 1], abs=0.05)
    assert bad == pytest.approx([0, 0.15, 0, 0, 0], abs=0.05)
    assert judged(loopback, form, GOOD, "noise") == [0]
    assert judged(loopback, form, NOISY, "noise") == [1]


@pytest.mark.parametrize("form", ["openai", "TOOLS"])
def test_a_bad_judge_gives_low_scores(loopback: LoopbackServer, form: str) -> None:
    loopback.control(judge="bad")
    assert judged(loopback, form, GOOD, *ALL) == [0] * len(ALL)


@pytest.mark.thorough
def test_a_fickle_judge_changes_its_mind_between_repeats(loopback: LoopbackServer) -> None:
    loopback.control(judge="fickle", seed=1)
    first = [judged(loopback, "openai", GOOD, "recall")[0] for _ in range(12)]
    assert len(set(first)) > 1
    loopback.control(reset=True)
    assert [judged(loopback, "openai", GOOD, "recall")[0] for _ in range(12)] == first


@pytest.mark.parametrize("form", ["openai", "TOOLS", "JSON_SCHEMA"])
@pytest.mark.parametrize("kind", [kind for kind in MALFORMATIONS if kind != "rejected"])
def test_a_reply_that_is_malformed_once_is_made_good(
    loopback: LoopbackServer, form: str, kind: str
) -> None:
    loopback.control(malformed=1.0, malformed_kinds=[kind])
    assert judged(loopback, form, GOOD, "recall") == [1]
    assert loopback.counts()["replies"] == 2


def test_a_reply_that_is_always_malformed_fails(loopback: LoopbackServer) -> None:
    from instructor.core.exceptions import InstructorRetryException

    loopback.control(malformed=1.0, malformed_kinds=["syntax"], malformed_always=True)
    with pytest.raises(InstructorRetryException):
        judged(loopback, "openai", GOOD, "recall")


@pytest.mark.parametrize(
    ("form", "code"), [("TOOLS", "tool_use_failed"), ("JSON", "json_validate_failed")]
)
def test_groq_rejects_what_its_model_made(loopback: LoopbackServer, form: str, code: str) -> None:
    loopback.control(malformed=1.0, malformed_kinds=["rejected"], malformed_always=True)
    with pytest.raises(Exception, match=code):
        judged(loopback, form, GOOD, "recall")
    assert loopback.counts()["outcomes"].get("400", 0) >= 1


def test_a_share_of_requests_is_malformed(loopback: LoopbackServer) -> None:
    loopback.control(malformed=0.5, malformed_kinds=["empty"], seed=5)
    rows = [GOOD | {"contexts": [f"{TELLING} Number {number}."]} for number in range(12)]
    for row in rows:
        assert judged(loopback, "openai", row, "recall") == [1]
    assert 15 <= loopback.counts()["replies"] <= 21
