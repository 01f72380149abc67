"""A Version is judged against the champion, and made champion only by a receipt."""

import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.promotion.promotion import (
    PromotionRequest,
    PromotionResult,
    judge_grounds,
    promote_version,
)
from app.report.report import GateReport
from app.storage.remote import open_remote
from app.storage.version_objects import tag_name, tagged_versions, version_objects
from app.workspace.workspace import Workspace
from eval.gate.verdict import Outcome
from eval.ledger.ledger import CHAMPION
from eval.ledger.mlflow_ledger import ledger_at
from eval.receipts.chain import attached_names, read_receipts, verdict_name
from eval.receipts.receipt import canonical_json, sha256
from pipeline.errors import ConflictError, DataError, PrerequisiteError, RemoteError, VersionError
from pipeline.files import hash_file
from pipeline.versions.store import VersionStore, object_path
from tests.support.mixes import vary
from tests.support.project import ROOT, Project, copy_project
from tests.support.remotes import write_remotes

OVERRIDE = {"override": " urgent "}
REVIEWED = {"reviewed": "all 40 Cases"}
STEPS = ("recorded", "uploaded", "kept", "appended", "pointed", "copied")


class Promoter:
    """Asks in a project, and keeps what was shown and told."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.workspace = Workspace(project.root)
        self.ledger = ledger_at(project.root, os.environ)
        self.shown: list[GateReport] = []
        self.told: list[tuple[str, str]] = []

    def ask(self, candidate: str | None = None, **options: Any) -> PromotionResult:
        request = PromotionRequest(self.workspace, candidate, **options)
        environ = {**os.environ, "WINNOW_USER": "Ada"}
        return promote_version(
            request, environ, lambda *told: self.told.append(told), self.shown.append
        )

    def set_gate(self, **changes: Any) -> None:
        path = self.workspace.params
        params = yaml.safe_load(path.read_text(encoding="utf-8"))
        params["gate"] |= changes
        path.write_text(yaml.safe_dump(params), encoding="utf-8")

    @property
    def steps(self) -> list[str]:
        return [step for step, _ in self.told]


def asked_for(root: Path, policy: str, **asked: str) -> PromotionRequest:
    """Return a request in a workspace whose params leave what is inconclusive to that policy."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["gate"]["on_inconclusive"] = policy
    (root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    return PromotionRequest(Workspace(root), **asked)


@pytest.fixture(scope="module")
def crowned(built_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose first release is champion; tests change a copy."""
    project = copy_project(built_project, tmp_path_factory.mktemp("crowned") / "project")
    write_remotes(Workspace(project.root), "store", {"store": {"url": "../../remote"}}, git=True)
    promoter = Promoter(project)
    result = promoter.ask(first=True)
    assert result == PromotionResult(project.version)
    assert promoter.steps == ["uploaded", "kept", "appended", "pointed", "copied"]
    return project


@pytest.fixture
def promoter(crowned: Project, tmp_path: Path) -> Promoter:
    shutil.copytree(crowned.root.parent / "remote", tmp_path / "remote")
    return Promoter(copy_project(crowned, tmp_path / "project"))


@pytest.mark.slow
def test_a_first_release_is_there_for_others(crowned: Project) -> None:
    promoter = Promoter(crowned)
    [receipt] = read_receipts(promoter.ledger)
    version = crowned.version
    assert (receipt.number, receipt.from_, receipt.to) == (1, None, version)
    assert (receipt.kind, receipt.grounds, receipt.reason) == ("promotion", "passed", None)
    assert (receipt.who, receipt.signer) == ("Ada", None)
    head = crowned.ok("git", "rev-parse", "HEAD").strip()
    assert (receipt.revision, receipt.dirty) == (head, "true")
    files = VersionStore(promoter.workspace.cache).files(version)
    assert receipt.files == {name: hash_file(path) for name, path in files.items()}
    assert receipt.verdict is not None
    content = promoter.ledger.attachment(verdict_name(receipt.verdict.hash))
    assert sha256(content) == receipt.verdict.hash
    verdict = json.loads(content)
    assert canonical_json(verdict["findings"]) == canonical_json(
        [asdict(each) for each in receipt.verdict.findings]
    )
    [record] = promoter.ledger.records()
    assert receipt.measured.scorecard == record.scorecard.key
    assert promoter.ledger.aliases() == {CHAMPION: version}
    assert tagged_versions(promoter.workspace) == {tag_name(version): version}
    with open_remote(promoter.workspace) as remote:
        assert remote is not None
        assert receipt.remote == remote.url
        assert remote.missing(version_objects(promoter.workspace, version).digests) == []
        names = [*remote.names("receipts"), *remote.names("verdicts")]
        assert names == attached_names(receipt)


@pytest.mark.slow
def test_asking_again_changes_nothing(promoter: Promoter) -> None:
    version = promoter.project.version
    for options in ({}, {"first": True}, {"upload": False}):
        assert promoter.ask(**options) == PromotionResult(version, already=True)
    assert promoter.told == []
    assert promoter.shown == []
    assert len(promoter.ledger.chain()) == 1


@pytest.mark.slow
def test_a_version_that_was_never_scored_is_scored_and_promoted(promoter: Promoter) -> None:
    version = vary(promoter.workspace, promoter.project.version, top_k=8)
    assert promoter.ask(version) == PromotionResult(version)
    assert promoter.steps == ["recorded", "uploaded", "kept", "appended", "pointed", "copied"]
    [report] = promoter.shown
    assert report.against == "champion"
    assert report.candidate.scored.startswith("answered and scored again here on 5 Cases")
    receipt = read_receipts(promoter.ledger)[-1]
    assert receipt.measured.scorecard in {each.scorecard.key for each in promoter.ledger.records()}
    assert (receipt.number, receipt.from_) == (2, promoter.project.version)


@pytest.mark.slow
def test_what_the_gate_does_not_let_through_changes_nothing(promoter: Promoter) -> None:
    version = vary(promoter.workspace, promoter.project.version, top_k=8)
    promoter.set_gate(floors={"context_precision": 0.99})
    result = promoter.ask(version)
    assert result.refusal is not None
    assert result.judged is not None
    assert result.judged.outcome == "fail"
    assert (promoter.told, len(promoter.shown)) == ([], 1)
    assert promoter.ledger.champion() == promoter.project.version
    # Whoever takes it upon themselves is named for ever, beside the Verdict.
    assert promoter.ask(version, override="a demo").refusal is None
    receipt = read_receipts(promoter.ledger)[-1]
    assert (receipt.grounds, receipt.reason) == ("override", "a demo")
    assert receipt.verdict is not None
    assert receipt.verdict.outcome == "fail"


@pytest.mark.slow
def test_a_reviewer_decides_what_is_inconclusive(promoter: Promoter) -> None:
    version = vary(promoter.workspace, promoter.project.version, top_k=1)
    promoter.set_gate(floors={}, margins={}, guards={}, on_inconclusive="review")
    assert promoter.ask(version).refusal is not None
    assert promoter.ask(version, reviewed="all five answers").refusal is None
    receipt = read_receipts(promoter.ledger)[-1]
    assert (receipt.grounds, receipt.reason) == ("reviewed", "all five answers")


@pytest.mark.slow
def test_an_override_gets_past_a_champion_that_is_lost(promoter: Promoter) -> None:
    lost = promoter.project.version
    version = vary(promoter.workspace, lost, top_k=8)
    manifest = version_objects(promoter.workspace, lost).files["manifest.json"]
    promoter.set_gate(guards={"latency_ms.p95": 1000.0})
    remote = promoter.workspace.root.parent / "elsewhere"
    write_remotes(promoter.workspace, "other", {"other": {"url": str(remote)}}, git=True)
    object_path(promoter.workspace.cache, manifest).unlink()
    with pytest.raises(VersionError, match="manifest.json is not in the cache"):
        promoter.ask(version)
    assert promoter.ask(version, override="the old one is lost").refusal is None
    receipt = read_receipts(promoter.ledger)[-1]
    assert receipt.verdict is not None
    assert receipt.verdict.baseline is None
    assert receipt.verdict.notes[-1].startswith("the champion could not be judged: ")


@pytest.mark.slow
@pytest.mark.thorough
def test_who_was_slower_is_told_and_stores_no_receipt(promoter: Promoter) -> None:
    one = vary(promoter.workspace, promoter.project.version, top_k=8)
    two = vary(promoter.workspace, promoter.project.version, top_k=9)
    rival = Promoter(promoter.project)
    request = PromotionRequest(promoter.workspace, one)
    with pytest.raises(ConflictError, match=f"{two} became champion meanwhile"):
        promote_version(request, os.environ, lambda *_: None, lambda _: rival.ask(two) and None)
    assert promoter.ledger.champion() == two
    assert promoter.ledger.aliases() == {CHAMPION: two}
    assert promoter.ask(one) == PromotionResult(one)


@pytest.mark.slow
def test_what_is_in_the_way_is_said_before_anything_is_judged(promoter: Promoter) -> None:
    version = vary(promoter.workspace, promoter.project.version, top_k=8)
    with pytest.raises(PrerequisiteError, match="is champion; leave it out"):
        promoter.ask(version, first=True)
    blocked = promoter.workspace.root.parent / "blocked"
    blocked.write_text("a file where a folder should be")
    write_remotes(promoter.workspace, "store", {"store": {"url": str(blocked)}}, git=True)
    with pytest.raises(RemoteError, match="cannot be used"):
        promoter.ask(version)
    write_remotes(promoter.workspace, git=True)
    with pytest.raises(PrerequisiteError, match="no remote is configured.*`make s3`.*--no-upload"):
        promoter.ask(version)
    assert promoter.shown == []
    assert promoter.ask(version, upload=False) == PromotionResult(version)
    assert promoter.steps == ["recorded", "kept", "appended", "pointed"]
    assert read_receipts(promoter.ledger)[-1].remote is None


@pytest.mark.parametrize(
    ("outcome", "asked", "policy", "grounds"),
    [
        ("pass", {}, "block", ("passed", None)),
        ("pass", OVERRIDE, "block", ("passed", None)),
        ("fail", OVERRIDE, "block", ("override", "urgent")),
        ("inconclusive", OVERRIDE, "review", ("override", "urgent")),
        ("inconclusive", REVIEWED, "review", ("reviewed", "all 40 Cases")),
    ],
)
def test_what_is_let_through(
    outcome: Outcome, asked: dict[str, str], policy: str, grounds: object, tmp_path: Path
) -> None:
    assert judge_grounds(outcome, asked_for(tmp_path, policy, **asked)) == grounds


@pytest.mark.parametrize(
    ("outcome", "asked", "policy", "said"),
    [
        ("fail", {}, "review", "the gate failed it: improve it, or promote it in spite of"),
        ("fail", REVIEWED, "review", "a review decides only what is inconclusive"),
        ("inconclusive", {}, "block", "measure more Cases, or promote it in spite of that"),
        ("inconclusive", REVIEWED, "block", "as `gate.on_inconclusive` says and no reviewer"),
        ("inconclusive", {}, "review", '--reviewed "WHAT YOU LOOKED AT"'),
    ],
)
def test_a_refusal_names_the_ways_on(
    outcome: Outcome, asked: dict[str, str], policy: str, said: str, tmp_path: Path
) -> None:
    refusal = judge_grounds(outcome, asked_for(tmp_path, policy, **asked))
    assert isinstance(refusal, str)
    assert said in refusal
    assert "\n" not in refusal


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"override": " "}, "--override is empty; say why"),
        ({"reviewed": ""}, "--reviewed is empty; say why"),
        ({"override": "a", "reviewed": "b"}, "--override and --reviewed: give the one that it is"),
        ({"upload": False, "remote": "store"}, "--no-upload and --remote store: give the one"),
    ],
)
def test_a_request_that_says_nothing_or_contradicts_itself(
    asked: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=said):
        PromotionRequest(Workspace(tmp_path), **asked)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_promotion_that_is_killed_after_any_step_is_mended(promoter: Promoter) -> None:
    first = promoter.project.version
    one, two = (vary(promoter.workspace, first, top_k=top_k) for top_k in (20, 21))
    # Two Versions take turns, as each that is not yet measured takes its time.
    killed = [
        ("doctor", "recorded", one),
        ("doctor", "uploaded", one),
        ("doctor", "kept", one),
        ("doctor", "appended", one),
        ("doctor", "pointed", two),
        ("doctor", "copied", one),
        ("again", "appended", two),
    ]
    asked = [f"{mend}:{step}={version}" for mend, step, version in killed]
    command = (sys.executable, "-m", "tests.support.killed_promotions")
    root = str(promoter.workspace.root)
    done = promoter.project.run(*command, root, *asked, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    champion, links = first, 1
    for (mend, step, version), each in zip(killed, found, strict=True):
        appended = STEPS.index(step) >= STEPS.index("appended")
        champion = version if appended or mend == "again" else champion
        links += champion == version
        assert each["left"] == appended, step
        assert (each["champion"], each["alias"], each["links"]) == (champion, champion, links), step
        if mend == "doctor":
            assert bool(each["repaired"]) == (step in ("appended", "pointed")), step
            assert (each["wrong"], each["faults"]) == ([], []), step
        else:
            assert each["already"] == appended, step
            assert (each["missing"], each["uncopied"]) == ([], []), step
    assert len(read_receipts(promoter.ledger)) == links
