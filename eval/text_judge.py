"""TextJudge: metrics of Winnow's own, from words and vectors, without a language model."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version

from tqdm import tqdm

from eval import answer_alignment, groundedness
from eval.case_score import NO_REFERENCE
from eval.judge import Judged
from eval.score import Score
from eval.spent import Spent
from pipeline.digest import hash_of
from pipeline.encoder import Encoder
from pipeline.remembering_encoder import RememberingEncoder

TEXT_METRICS = ("groundedness", "answer_alignment")

_LIBRARIES = ("PyStemmer", "sentencex", "numpy")

_DIGITS = 6

# Raise when a metric is computed in another way.
_REVISION = 1


class TextJudge:
    """Scores answers with `groundedness` and `answer_alignment`.

    An abstention aligns with nothing: 0. It says nothing that a passage could bear out:
    not applicable. Where nothing was retrieved, nothing is borne out: 0.
    """

    def __init__(self, metrics: Iterable[str], encoder: Encoder) -> None:
        """Keep those of the metrics that are Winnow's own."""
        self._metrics = tuple(name for name in metrics if name in TEXT_METRICS)
        self._encoder = encoder

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics it gives."""
        return self._metrics

    @property
    def hash(self) -> str:
        """Content hash of metrics, encoder and library versions."""
        libraries = {name: version(name) for name in _LIBRARIES}
        return hash_of([_REVISION, sorted(self.metrics), self._encoder.hash, libraries])

    @property
    def spent(self) -> Spent:
        """Nothing: no language model is asked."""
        return Spent()

    def judge(self, answers: Sequence[Judged]) -> list[Score]:
        """Return a Score for every metric and Answer, in that order within each Answer."""
        if not self.metrics or not answers:
            return []
        texts = {text for each in answers for name in self.metrics for text in _TEXTS[name](each)}
        # The same passages come back with Case after Case, so each sentence is encoded once.
        encoder = RememberingEncoder(self._encoder, kept=max(1, len(texts)))
        encoder.encode(sorted(texts), "encode")
        return [
            _SCORE[name](each, encoder)
            for each in tqdm(answers, desc="judge", unit="answer", disable=None)
            for name in self.metrics
        ]


def _given(judged: Judged) -> list[str]:
    """Return the passages that the answer was made from."""
    return [each.text for each in judged.answer.given]


def _said(judged: Judged) -> list[str]:
    return [sentence.text for sentence in judged.answer.sentences]


def _score_groundedness(judged: Judged, encoder: Encoder) -> Score:
    name = "groundedness"
    if judged.answer.abstained:
        return Score.not_applicable(judged.case.id, name, "the answer abstains")
    value = groundedness.groundedness(_given(judged), _said(judged), encoder)
    # The last digits of a dot product depend on where its arrays lie in memory.
    return Score.of(judged.case.id, name, round(value, _DIGITS))


def _score_alignment(judged: Judged, encoder: Encoder) -> Score:
    name, case = "answer_alignment", judged.case
    if not case.answer.strip():
        return Score.not_applicable(case.id, name, NO_REFERENCE)
    if judged.answer.abstained:
        return Score.of(case.id, name, 0.0)
    value = answer_alignment.answer_alignment(
        case.question, case.answer, judged.answer.text, encoder
    )
    return Score.of(case.id, name, round(value, _DIGITS))


_SCORE: Mapping[str, Callable[[Judged, Encoder], Score]] = {
    "groundedness": _score_groundedness,
    "answer_alignment": _score_alignment,
}
_TEXTS: Mapping[str, Callable[[Judged], Sequence[str]]] = {
    "groundedness": lambda each: groundedness.encoded_texts(_given(each), _said(each)),
    "answer_alignment": lambda each: answer_alignment.encoded_texts(
        each.case.question, each.case.answer, each.answer.text
    ),
}
