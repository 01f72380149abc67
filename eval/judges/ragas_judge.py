"""RagasJudge: the metrics of RAGAS that need no language model and no key."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from tqdm import tqdm

from eval.answers.replies import error_line
from eval.cases.normal_text import normalise
from eval.judges.judge import Judged
from eval.judges.ragas_metrics import keyless_measures, run_to_end
from eval.scores.case_score import NO_REFERENCE
from eval.scores.scorecard import Score, Spent
from pipeline.encoders.encoder import Encoder
from pipeline.errors import ParamsError
from pipeline.files import hash_of

RAGAS_METRICS = ("semantic_similarity", "rouge_l", "string_presence", "chrf")

_LIBRARIES = ("ragas", "rouge_score", "sacrebleu", "rapidfuzz")

_DIGITS = 9

# Raise when the code below changes what a metric is given.
_REVISION = 1


class RagasJudge:
    """Scores answers with `ragas.metrics.collections`, one Case and metric at a time.

    - `semantic_similarity`: cosine of the encoder's vectors.
    - `rouge_l`: F-measure of the longest common subsequence of words. The library knows a to z
      and digits alone, so accents are folded; a reference in another script is not applicable.
    - `string_presence`: 1 if the reference stands in the answer but for typography, else 0.
    - `chrf`: F-score of character n-grams, in any script.
    """

    def __init__(self, metrics: Iterable[str], encoder: Encoder | None) -> None:
        """Keep those of the metrics that RAGAS gives; only `semantic_similarity` needs an encoder.

        Raises:
            ParamsError: `semantic_similarity` is asked for without an encoder.
        """
        self.metrics = tuple(name for name in metrics if name in RAGAS_METRICS)
        self.spent = Spent()
        self._encoder = encoder
        if encoder is None and "semantic_similarity" in self.metrics:
            raise ParamsError("`score.metrics` has semantic_similarity; name its `score.encoder`")

    @property
    def hash(self) -> str:
        """Content hash of metrics, encoder and library versions."""
        libraries = {name: version(name) for name in _LIBRARIES}
        encoder = self._encoder.hash if self._encoder else None
        return hash_of([_REVISION, sorted(self.metrics), encoder, libraries])

    def judge(self, answers: Sequence[Judged]) -> list[Score]:
        """Return a Score for every metric and Answer, in that order within each Answer."""
        if not self.metrics or not answers:
            return []
        return run_to_end(self._judge(answers))

    async def _judge(self, answers: Sequence[Judged]) -> list[Score]:
        measures = keyless_measures(self._vectors(answers).__getitem__)
        scores = []
        for each in tqdm(answers, desc="judge", unit="answer", disable=None):
            for name in self.metrics:
                scores.append(await _score(name, measures[name], each))
        return scores

    def _vectors(self, answers: Sequence[Judged]) -> Mapping[str, list[float]]:
        pairs = [(each.case.answer, each.answer.text) for each in answers]
        texts = sorted({text for pair in pairs if all(pair) for text in pair})
        if self._encoder is None or not texts:
            return {}
        return dict(zip(texts, self._encoder.encode(texts).tolist(), strict=True))


async def _score(name: str, measure: Any, judged: Judged) -> Score:
    case, prepare = judged.case, _PREPARE.get(name, str)
    reference, response = prepare(case.answer), prepare(judged.answer.text)
    if not case.answer.strip():
        return Score.not_applicable(case.id, name, NO_REFERENCE)
    if name == "rouge_l" and not any(each.isascii() and each.isalnum() for each in reference):
        reason = "the reference answer holds no Latin letter or digit"
        return Score.not_applicable(case.id, name, reason)
    if judged.answer.abstained:
        return Score.of(case.id, name, 0.0)
    try:
        result = await measure.ascore(reference=reference, response=response)
        # The last digits of a dot product depend on where its arrays lie in memory.
        return Score.of(case.id, name, round(float(result.value), _DIGITS))
    except Exception as error:
        return Score.failed(case.id, name, error_line(error))


def _fold_accents(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(each for each in apart if not unicodedata.combining(each))


_PREPARE: Mapping[str, Callable[[str], str]] = {
    "rouge_l": _fold_accents,
    "string_presence": lambda text: normalise(text).strip(),
}
