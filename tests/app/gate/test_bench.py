import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from app.gate.bench import (
    ANSWERS,
    GateBench,
    answers_again,
    in_cache,
    in_folder,
    in_ledger,
    present_terms,
    recorded_answers,
)
from app.workspace.workspace import Workspace
from eval.answers.answers import CaseAnswer, write_answers
from eval.answers.identity import Identity
from eval.cases.case import read_cases
from eval.ledger.ledger import Ledger, Record
from eval.ledger.recording import SCORECARD, SCORES
from eval.scores.scorecard import CaseSet, Scorecard, write_scores
from pipeline.answer import Generation, Sentence
from pipeline.answerer import Answerer
from pipeline.endpoints.endpoints import Endpoints
from pipeline.errors import ArtifactError, NotStoredError, VersionError
from pipeline.files import write_json
from pipeline.versions.manifest import read_manifest
from pipeline.versions.store import VersionStore
from tests.app.report.sample_verdict import CANDIDATE, CASES, NEW, answers
from tests.fakes import MemoryLedger, ScriptedRetriever
from tests.support.gates import ONE, TWO, card_of, make_record, make_scorecard
from tests.support.models import ScriptedGenerator
from tests.support.project import ROOT, Project
from tests.support.stored_versions import StoredVersions

FORMATS = ROOT / "tests" / "eval" / "fixtures"
PARAMS = ROOT / "params.yaml"
TERMS = present_terms(PARAMS, CASES)
CARD = CANDIDATE.scorecard
ANSWERED = list(answers()[1].values())


def bench(project: Project, *scorecards: str, ledger: Ledger | None = None) -> GateBench:
    workspace = Workspace(project.root)
    assert workspace.cases is not None
    terms = present_terms(workspace.params, read_cases(workspace.cases))
    return GateBench(workspace, terms, Endpoints({}, workspace.scratch), ledger, scorecards)


def scorecard(project: Project) -> str:
    found = Workspace(project.root).scorecard
    assert found is not None
    return found


@pytest.mark.slow
def test_a_scorecard_on_these_terms_is_taken_as_it_is(project: Project) -> None:
    found = bench(project, scorecard(project)).measure(project.version)
    assert found.scored == "as recorded"
    assert not (project.root / ".winnow" / "gate").exists()


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_version_that_is_nowhere_is_said(project: Project) -> None:
    with pytest.raises(VersionError, match="is not in the cache"):
        bench(project).measure("0" * 32 + ".dir")


@pytest.mark.slow
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


@pytest.mark.slow
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


def folder(root: Path, **changes: str) -> dict[str, Path]:
    """A folder of answers as the stage writes it."""
    made = {"version": NEW, "engine": CARD.engine, "cases": CARD.cases.hash, **changes}
    identity = Identity(corpus="c", depth=1, settings={}, **made)
    write_answers(root / "answers.parquet", ANSWERED)
    write_json(root / "meta.json", identity.model_dump(mode="json"))
    return {path.name: path for path in root.iterdir()}


def test_answers_of_the_same_version_engine_and_cases_are_found(tmp_path: Path) -> None:
    (tmp_path / "right").mkdir()
    found = recorded_answers(CARD, [{}, folder(tmp_path / "right")])
    assert found == {each.case_id: each for each in ANSWERED}


@pytest.mark.parametrize("changed", ["version", "engine", "cases"])
def test_answers_of_anything_else_are_not(tmp_path: Path, changed: str) -> None:
    assert recorded_answers(CARD, [folder(tmp_path, **{changed: "other"})]) is None


def test_a_broken_folder_is_passed_over(tmp_path: Path) -> None:
    files = folder(tmp_path)
    files["answers.parquet"].write_bytes(b"none")
    assert recorded_answers(CARD, [files]) is None


def test_asking_again_spends_nothing_and_keeps_what_was_raised(tmp_path: Path) -> None:
    asked = CASES[1:4]
    script: dict[str, Generation | Exception] = {
        asked[0].question: Generation((Sentence("Five.", ()),)),
        asked[1].question: NotStoredError("not stored"),
        asked[2].question: ValueError("no room\nat all"),
    }
    answerer = Answerer(ScriptedRetriever({}), ScriptedGenerator(script), top_k=1)
    found = answers_again(answerer, asked, Endpoints({}, tmp_path))
    assert list(found) == ["c001", "c003"]
    assert found["c001"].answer is not None
    assert found["c001"].answer.text == "Five."
    assert found["c003"] == CaseAnswer("c003", None, error="no room")


def test_a_ledger_gives_what_it_has_of_the_version_newest_first(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    for card in (make_scorecard(ONE), make_scorecard(TWO), make_scorecard(ONE, size=300)):
        other = card.model_copy(update={"judge": f"{card.settings['chunk.size']}"})
        ledger.record(make_record(tmp_path, other))
    (newest, read), (older, _) = in_ledger(ledger, ONE)
    assert (newest.judge, older.judge) == ("300", "200")
    found = read()
    assert found.scored == "as recorded"
    assert found.measurements["latency_ms.p95"] == 40.0
    assert {score.case_id for score in found.scores} == {"q1", "q2", "q3"}


def test_a_folder_gives_what_was_kept_there_with_how_it_came_about(tmp_path: Path) -> None:
    write_json(tmp_path / SCORECARD, CANDIDATE.scorecard.model_dump(mode="json"))
    write_scores(tmp_path / SCORES, CANDIDATE.scores)
    [(card, read)] = in_folder(tmp_path, "scored again here")
    assert card == CANDIDATE.scorecard
    assert read() == replace(CANDIDATE, scored="scored again here")


def test_a_folder_that_is_absent_or_broken_gives_nothing(tmp_path: Path) -> None:
    assert list(in_folder(tmp_path / "absent", "")) == []
    (tmp_path / SCORECARD).write_text("{}")
    assert list(in_folder(tmp_path, "")) == []
    write_json(tmp_path / SCORECARD, CANDIDATE.scorecard.model_dump(mode="json"))
    assert list(in_folder(tmp_path, "")) == []


@pytest.mark.parametrize(("number", "tokens"), [(1, 0), (2, 61_000)])
def test_a_scorecard_of_every_format_is_read_from_dvcs_cache(
    number: int, tokens: int, tmp_path: Path
) -> None:
    write_scores(tmp_path / SCORES, CANDIDATE.scores)
    content = (FORMATS / f"scorecard-{number}.json").read_bytes()
    stored = StoredVersions(tmp_path / "workspace")
    folder = stored.store({SCORECARD: content, SCORES: (tmp_path / SCORES).read_bytes()})
    [(card, read)] = in_cache(stored.workspace, [folder])
    assert card.metrics["context_recall"].coverage == 0.75
    assert card.spending.answer.tokens == tokens
    assert read().scores == CANDIDATE.scores


def card(**changes: object) -> Scorecard:
    content = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    settings: dict[str, object] = {
        "answer.depth": content["answer"]["depth"],
        "judge.provider": "none",
        "chunk.size": 150,
    }
    for name, value in content["score"].items():
        settings[f"score.{name}"] = ", ".join(value) if isinstance(value, list) else value
    settings.update(changes.pop("settings", {}))  # type: ignore[call-overload]
    cases = CaseSet(hash=TERMS.cases_hash, count=len(CASES), orphans=())
    return card_of({"m": [1.0]}, **{
        "engine": TERMS.engine, "cases": cases, "settings": settings, **changes,
    })  # fmt: skip


def test_a_scorecard_made_on_the_same_terms_has_no_change() -> None:
    assert TERMS.changed(card()) == []
    assert TERMS.changed(card(settings={"chunk.size": 60}), judge="j") == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"engine": "other"}, ["the engine"]),
        ({"cases": CaseSet(hash="other", count=1, orphans=())}, ["the Cases"]),
        ({"settings": {"score.budget": 1}}, ["score.budget"]),
        ({"settings": {"judge.provider": "groq", "judge.model": "x"}},
         ["judge.model", "judge.provider"]),
        ({"settings": {f"score.{letter}": 1 for letter in "abcde"}},
         ["score.a", "score.b", "score.c", "2 more settings"]),
    ],
)  # fmt: skip
def test_what_changed_is_named(changes: dict[str, object], named: list[str]) -> None:
    assert TERMS.changed(card(**changes)) == named


def test_another_judge_is_named_where_one_is_asked_for() -> None:
    assert TERMS.changed(card(), judge="other") == ["the judge"]


def test_a_setting_that_the_card_lacks_changed() -> None:
    bare = card()
    less = {name: value for name, value in bare.settings.items() if name != "score.k"}
    assert TERMS.changed(bare.model_copy(update={"settings": less})) == ["score.k"]


def test_what_is_kept_belongs_to_one_version_and_its_terms(tmp_path: Path) -> None:
    other = tmp_path / "params.yaml"
    other.write_text(PARAMS.read_text("utf-8").replace("budget: 4000", "budget: 3000"))
    keys = {TERMS.key("a"), TERMS.key("b"), present_terms(other, CASES).key("a")}
    assert len(keys | {present_terms(PARAMS, CASES[:1]).key("a")}) == 4
