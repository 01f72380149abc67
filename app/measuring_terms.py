"""Measuring terms: the Cases, engine and params that a Verdict's two sides must share."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval.case import Case, case_set_hash
from eval.params import AnswerParams, JudgeParams, ScoreParams
from eval.scorecard import Scorecard, measures
from pipeline.digest import hash_of
from pipeline.manifest import flatten
from pipeline.section import read_section

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class MeasuringTerms:
    """What is measured on here and now; `judge` is left to whoever opens one, which takes time."""

    cases: tuple[Case, ...]
    cases_hash: str
    engine: str
    answer: AnswerParams
    score: ScoreParams
    judge: JudgeParams

    def changed(self, card: Scorecard, judge: str | None = None) -> list[str]:
        """Name what changed since a Scorecard was made; empty if it was made on these terms.

        `judge` is the hash that the Scorecard's judge must have; None asks for none.
        """
        names = []
        if card.cases.hash != self.cases_hash:
            names.append("the Cases")
        if judge is not None and card.judge != judge:
            names.append("the judge")
        if card.engine != self.engine:
            names.append("the engine")
        settings = self._changed_settings(card.settings)
        more = [f"{len(settings) - _SHOWN} more settings"] if len(settings) > _SHOWN else []
        return names + settings[:_SHOWN] + more

    def key(self, version: str) -> str:
        """Hash what a measurement is kept by; its judge is compared when it is read."""
        return hash_of([version, self.engine, self.cases_hash, self._settings])

    @property
    def _settings(self) -> dict[str, str | int | float | bool]:
        sections = {"answer": self.answer, "score": self.score, "judge": self.judge}
        return flatten({name: each.model_dump(mode="json") for name, each in sections.items()})

    def _changed_settings(self, recorded: Mapping[str, object]) -> list[str]:
        """Name the settings of measuring that differ; a judge not asked has but its provider."""
        present = self._settings
        needed = {name for name in present if not name.startswith("judge.")}
        named = needed | {name for name in recorded if measures(name)}
        return sorted(name for name in named if recorded.get(name) != present.get(name))


def present_terms(params: Path, cases: tuple[Case, ...]) -> MeasuringTerms:
    """Return the terms that params.yaml, the Cases and the code give now.

    Raises:
        ParamsError: a section is missing or impossible.
    """
    from pipeline.engine import current_engine

    return MeasuringTerms(
        cases=cases,
        cases_hash=case_set_hash(cases),
        engine=current_engine().hash,
        answer=read_section(params, "answer", AnswerParams),
        score=read_section(params, "score", ScoreParams),
        judge=read_section(params, "judge", JudgeParams),
    )
