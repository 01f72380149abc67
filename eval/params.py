"""The sections of params.yaml that determine a score, and params.yaml as a whole."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from pipeline.params import (
    ChunkParams,
    CleaningParams,
    EncoderParams,
    GenerationParams,
    IndexParams,
    IngestParams,
    OcrParams,
    ParamsSection,
    RetrievalParams,
    SpendingParams,
    parse_section,
    read_mapping,
)

KeylessMetric = Literal[
    "semantic_similarity",
    "rouge_l",
    "string_presence",
    "chrf",
    "token_f1",
    "exact_match",
    "groundedness",
    "answer_alignment",
]


_BY_RANK = frozenset({"hit_rate", "mrr", "ndcg"})
Margin = Annotated[float, Field(ge=0.0)]


class AnswerParams(ParamsSection):
    """How `answer` asks the Cases."""

    depth: int = Field(gt=0)
    """Characters of ranked passages kept for each Case; a score's budget cannot exceed it."""


class ScoreParams(ParamsSection):
    """How `score` measures answers."""

    budget: int = Field(gt=0)
    """Retrieved characters that context recall, precision and IoU look at."""
    k: int = Field(gt=0)
    """Ranks that hit rate, MRR and nDCG look at."""
    metrics: tuple[KeylessMetric, ...]
    """Answer metrics that need no language model."""
    encoder: str
    """The model of the metrics that compare meaning: one and the same for every Version."""
    fuzzy: float = Field(ge=0.0, le=100.0)
    """Least similarity (rapidfuzz partial ratio, 0..100) of a quote that is found only nearly."""
    confidence: float = Field(gt=0.0, lt=1.0)
    """Level of the bootstrap intervals."""
    resamples: int = Field(ge=100)
    """Bootstrap resamples."""
    seed: int


JudgedMetric = Literal[
    "faithfulness",
    "answer_relevancy",
    "judged_context_precision",
    "judged_context_recall",
    "factual_correctness",
    "noise_sensitivity",
]


class JudgeParams(ParamsSection):
    """Which language model judges, and what."""

    provider: Literal["none", "groq", "openai"]
    """`none` leaves the metrics below out."""
    model: str = Field(min_length=1)
    """The name by which the endpoint knows it."""
    metrics: tuple[JudgedMetric, ...]
    """RAGAS metrics that a language model measures."""
    temperature: float = Field(ge=0.0, le=2.0)
    max_tokens: int = Field(gt=0)
    """Tokens of one reply at most."""
    repeats: int = Field(ge=1)
    """Times that each metric is asked for; a Case's score is the mean."""


class GateParams(ParamsSection):
    """What `winnow gate` asks of a candidate."""

    floors: dict[str, float]
    """Metric to the mean that any Version must reach, or not exceed where lower is better."""
    margins: dict[str, Margin]
    """Metric to how much worse than the baseline its mean may be, in the metric's own unit."""
    guards: dict[str, Margin]
    """The same for what is no answer metric, or a quantile of it: `latency_ms.p95`."""
    slices: tuple[str, ...]
    """Case tags on whose Cases each margin must hold as well."""
    confidence: float = Field(gt=0.5, lt=1.0)
    """Level of the intervals; a candidate that is worse by a margin passes half as rarely."""
    coverage: float = Field(gt=0.0, le=1.0)
    """Least share of the Cases a metric applies to that must be paired."""
    on_inconclusive: Literal["block", "review"]
    """Whether an inconclusive candidate is blocked or may be promoted by a reviewer."""
    resamples: int = Field(ge=100)
    """Bootstrap resamples of a guard on a quantile."""
    seed: int

    @field_validator("margins", "guards")
    @classmethod
    def _no_fixed_ranks(cls, limits: dict[str, float]) -> dict[str, float]:
        if named := sorted(_BY_RANK & set(limits)):
            raise ValueError(
                f"{', '.join(named)} favours large chunks, as it looks at a fixed number of "
                "passages; set context_recall, which looks at a fixed number of characters"
            )
        return limits


class Params(ParamsSection):
    """params.yaml as a whole: a section each, none missing, none unknown."""

    ingest: IngestParams
    ocr: OcrParams
    cleaning: CleaningParams
    chunk: ChunkParams
    encoder: EncoderParams
    index: IndexParams
    retrieval: RetrievalParams
    generation: GenerationParams
    answer: AnswerParams
    score: ScoreParams
    judge: JudgeParams
    spending: SpendingParams
    gate: GateParams


def read_params(path: Path) -> Params:
    """Read and validate all of params.yaml.

    Raises:
        ParamsError: naming each unknown, missing or impossible key.
    """
    content = read_mapping(path)
    for name, field in Params.model_fields.items():
        if name in content and isinstance(field.annotation, type):
            parse_section(field.annotation, name, content[name])
    return parse_section(Params, "params", content)
