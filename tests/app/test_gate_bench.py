import json
import shutil

import pytest

from app.gate_bench import ANSWERS, GateBench
from app.measuring_terms import present_terms
from app.workspace import Workspace
from eval.case import read_cases
from pipeline.endpoints import Endpoints
from pipeline.errors import VersionError
from tests.project import Project

pytestmark = pytest.mark.slow


def bench(project: Project, *scorecards: str) -> GateBench:
    place = Workspace(project.root)
    assert place.cases is not None
    terms = present_terms(place.params, read_cases(place.cases))
    return GateBench(place, terms, Endpoints({}, place.scratch), None, scorecards)


def scorecard(project: Project) -> str:
    found = Workspace(project.root).scorecard
    assert found is not None
    return found


def test_a_scorecard_on_these_terms_is_taken_as_it_is(project: Project) -> None:
    found = bench(project, scorecard(project)).measure(project.version)
    assert found.scored == "as recorded"
    assert not (project.root / ".winnow" / "gate").exists()


def test_what_is_measured_here_is_what_the_stages_measured(project: Project) -> None:
    recorded = bench(project, scorecard(project)).measure(project.version)
    # Without the checkout, the Documents come from DVC's cache by the manifest's hash.
    shutil.rmtree(project.root / "data" / "documents")
    found = bench(project).measure(project.version)
    assert found.scorecard == recorded.scorecard
    assert found.scores == recorded.scores
    assert found.scored == "answered and scored again here on 5 Cases, as it was not scored before"
    again = bench(project).measure(project.version)
    assert again.scorecard == found.scorecard
    assert again.scored == "answered and scored again here"
    assert (bench(project).folder(project.version) / ANSWERS).is_file()


def test_changed_cases_and_another_judge_are_reasons(project: Project) -> None:
    path = project.root / "eval" / "cases" / "handbook.jsonl"
    known = bench(project, scorecard(project))
    other = known.measure(project.version, judge="another")
    assert "as the judge changed since it was scored" in other.scored
    lines = path.read_text(encoding="utf-8").splitlines()
    more = {**json.loads(lines[0]), "id": "more"}
    path.write_text("\n".join([*lines, json.dumps(more)]) + "\n", encoding="utf-8")
    found = bench(project, scorecard(project)).measure(project.version)
    assert found.scored.endswith("on 6 Cases, as the Cases changed since it was scored")
    assert found.scorecard.cases.count == 6


def test_a_version_that_is_nowhere_is_said(project: Project) -> None:
    with pytest.raises(VersionError, match="is not in the cache"):
        bench(project).measure("0" * 32 + ".dir")
