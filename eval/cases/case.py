"""Case: one evaluation question with its reference answer and evidence."""

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from pipeline.errors import CaseError
from pipeline.files import hash_of
from pipeline.params import Frozen


class Evidence(Frozen):
    """Where an answer stands: a document and a quote from it, or the whole document.

    `alternatives` are other places that would do as well; a span with the same quote
    is recognised without being named. `grade` is the gain of a benchmark's graded judgement.
    """

    document: str
    quote: str | None = Field(default=None, min_length=1)
    alternatives: tuple["Evidence", ...] = ()
    grade: int = Field(default=1, gt=0)


class Case(Frozen):
    """One evaluation question; an unanswerable one has neither answer nor evidence."""

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    answer: str
    answerable: bool
    evidence: tuple[Evidence, ...]
    tags: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _evidence_iff_answerable(self) -> "Case":
        if self.answerable and not self.evidence:
            raise ValueError("an answerable case needs evidence")
        if not self.answerable and (self.evidence or self.answer):
            raise ValueError("an unanswerable case has neither answer nor evidence")
        return self


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read a JSON Lines file of Cases, in file order.

    Raises:
        CaseError: the file is missing or empty, a line is no valid Case, or an id repeats.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise CaseError(f"{path} does not exist; write one JSON object a line into it") from None
    numbered = enumerate(lines, start=1)
    cases = [_parse(f"{path}:{number}", line) for number, line in numbered if line.strip()]
    if not cases:
        raise CaseError(f"{path} holds no cases; write one JSON object a line into it")
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise CaseError(f"{path}: the id {case.id!r} stands twice; make ids unique")
        seen.add(case.id)
    return tuple(cases)


def case_set_hash(cases: Iterable[Case]) -> str:
    """Hash a set of Cases; the order in which they stand does not matter."""
    return hash_of(sorted(case.model_dump_json() for case in cases))


def cases_path(stage: str, arguments: Sequence[str]) -> Path:
    """Return the file of Cases that a stage's command line names."""
    parser = argparse.ArgumentParser(prog=f"python -m eval.stages.{stage}")
    parser.add_argument("--cases", type=Path, default=Path("eval/cases/handbook.jsonl"))
    path: Path = parser.parse_args(arguments).cases
    return path


def _parse(where: str, line: str) -> Case:
    try:
        return Case.model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise CaseError(f"{where}: not valid JSON: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "case"
        message = first["msg"].removeprefix("Value error, ")
        raise CaseError(f"{where}: `{key}`: {message}") from None
