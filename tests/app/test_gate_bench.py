import json
import shutil

import pytest

from app.gate_bench import ANSWERS, GateBench
from app.measuring_terms import present_terms
from app.workspace import Workspace
from eval.case import read_cases
from eval.ledger import Ledger, Record
from pipeline.endpoints import Endpoints
from pipeline.errors import ArtifactError, VersionError
from pipeline.manifest import read_manifest
from pipeline.version_store import VersionStore
from tests.fakes import MemoryLedger
from tests.project import Project
from tests.stored_version import StoredVersions

pytestmark = pytest.mark.slow


def bench(project: Project, *scorecards: str, ledger: Ledger | None = None) -> GateBench:
    place = Workspace(project.root)
    assert place.cases is not None
    terms = present_terms(place.params, read_cases(place.cases))
    return GateBench(place, terms, Endpoints({}, place.scratch), ledger, scorecards)


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


def test_what_another_engine_scored_is_answered_and_scored_again(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    own = bench(project, scorecard(project)).measure(project.version)
    ledger = MemoryLedger()
    other = own.scorecard.model_copy(update={"engine": "0" * 32})
    ledger.add(Record("run", other, 0.0, {}, {}), own.scores)
    with caplog.at_level("INFO", logger="winnow"):
        found = bench(project, ledger=ledger).measure(project.version)
    reason = "as the engine changed since it was scored"
    assert found.scored == f"answered and scored again here on 5 Cases, {reason}"
    assert caplog.messages == [
        f"{project.version[:10]}: answering and scoring 5 Cases here, {reason}"
    ]
    assert found.scorecard == own.scorecard


def test_documents_that_are_gone_or_of_another_form_name_the_way_on(project: Project) -> None:
    shutil.rmtree(project.root / "data" / "documents")
    files = VersionStore(Workspace(project.root).cache).files(project.version)
    manifest = read_manifest(files["manifest.json"])
    gone = manifest.model_copy(update={"outputs": {"ingest": "0" * 32 + ".dir"}})
    with pytest.raises(VersionError, match="is not in the cache.*`dvc pull`"):
        bench(project).documents(gone)
    stored = StoredVersions(project.root)
    other = stored.store({"documents.parquet": files["chunks.parquet"].read_bytes()})
    another = manifest.model_copy(update={"outputs": {"ingest": other}})
    with pytest.raises(ArtifactError, match=f"{other}.* another baseline with --against"):
        bench(project).documents(another)
