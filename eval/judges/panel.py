"""JudgePanel: several Judges as one, and the panel that params.yaml asks for."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eval.judges.judge import Judge, Judged
from eval.judges.model_judge import ModelJudge
from eval.judges.ragas_judge import RagasJudge
from eval.judges.text_judge import TEXT_METRICS, TextJudge
from eval.params import JudgeParams, ScoreParams
from eval.scores.scorecard import Score, Spent
from pipeline.encoders.onnx_encoder import OnnxEncoder
from pipeline.files import folder_files, hash_of
from pipeline.params import EncoderParams

if TYPE_CHECKING:
    from pipeline.endpoints.endpoints import Endpoints

# An answer of a few sentences and its reference stay below.
_ENCODER_TOKENS = 256


class JudgePanel:
    """Scores Answers with each of its Judges; no two of them give the same metric."""

    def __init__(self, judges: Sequence[Judge]) -> None:
        """Take the Judges, in the order that their metrics are to have."""
        self._judges = tuple(judges)
        self.metrics = tuple(name for judge in judges for name in judge.metrics)

    @property
    def hash(self) -> str:
        """Content hash of all that determines a score."""
        return hash_of([judge.hash for judge in self._judges])

    @property
    def spent(self) -> Spent:
        """What the language models of all judging so far took, stored replies included."""
        return Spent.total(judge.spent for judge in self._judges)

    def judge(self, answers: Sequence[Judged]) -> list[Score]:
        """Return a Score for every metric and Answer, Judge by Judge."""
        return [score for judge in self._judges for score in judge.judge(answers)]


def open_judge(
    params: ScoreParams, judging: JudgeParams, cache: Path, endpoints: "Endpoints"
) -> JudgePanel:
    """Return the judge that `score` and `judge` of params.yaml ask for, as `open_judges` does."""
    keyless, model = open_judges(params, judging, cache, endpoints)
    return JudgePanel([keyless] if model is None else [keyless, model])


def open_judges(
    params: ScoreParams, judging: JudgeParams, cache: Path, endpoints: "Endpoints"
) -> tuple[JudgePanel, ModelJudge | None]:
    """Return the keyless judge, and the one with a language model if there is to be one.

    Args:
        params: Names the keyless metrics and the encoder.
        judging: Names the language model and its metrics, or none.
        cache: Folder that keeps the encoder's export.
        endpoints: Where the language model is; not used where none is asked.

    Raises:
        ParamsError: there is no such encoder.
    """
    asked = judging.metrics if judging.provider != "none" else ()
    own = [name for name in params.metrics if name in TEXT_METRICS]
    encodes = "semantic_similarity" in params.metrics or "answer_relevancy" in asked
    encoder = open_encoder(params, cache) if encodes or own else None
    keyless: list[Judge] = [RagasJudge(params.metrics, encoder)]
    if encoder is not None and own:
        keyless.append(TextJudge(own, encoder))
    model = ModelJudge(judging, endpoints, encoder) if asked else None
    return JudgePanel(keyless), model


def open_encoder(params: ScoreParams, cache: Path) -> OnnxEncoder:
    """Return the encoder of scoring, one and the same for every Version."""
    from pipeline.export.encoder_export import exported_encoder

    wanted = EncoderParams(
        provider="local", model=params.encoder, max_tokens=_ENCODER_TOKENS, precision="fp32"
    )
    return OnnxEncoder.open(folder_files(exported_encoder(wanted, cache)))
