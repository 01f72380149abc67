"""`winnow score --repeats`: what varies, and whose fault it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.commands.score import score
from pipeline.errors import ArtifactError, PrerequisiteError
from tests.loopback.fixture import LoopbackServer, environment, serving
from tests.support.gates import write_workspace
from tests.support.judged_answers import endpoints_of


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    with serving() as server:
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def workspace(loopback: LoopbackServer, tmp_path: Path, corpus: Path, encoder_folder: Path) -> Path:
    """A workspace whose Version answers, and is judged, by a model."""
    root = tmp_path / "workspace"
    with endpoints_of(loopback, root / ".winnow") as endpoints:
        write_workspace(
            root, corpus, encoder_folder.parent, endpoints, generator="groq",
            provider="groq", metrics=["faithfulness", "factual_correctness"],
        )  # fmt: skip
    return root


def noise(root: Path) -> dict[str, dict[str, Any]]:
    content = json.loads((root / ".winnow" / "noise.json").read_text(encoding="utf-8"))
    return {each["metric"]: each for each in content["metrics"]}


@pytest.mark.thorough
def test_a_fickle_judge_and_a_fickle_generator_are_told_apart(
    loopback: LoopbackServer, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loopback.control(judge="fickle", fickleness=0.5)
    score(3, workspace)
    found = noise(workspace)
    assert found["faithfulness"]["judge"]["value"] > 0.0
    assert found["faithfulness"]["answer"]["value"] == found["token_f1"]["answer"]["value"] == 0.0
    assert "standard deviation within a Case, over 3 repeats" in capsys.readouterr().out
    loopback.control(judge="good", answers="fickle")
    score(4, workspace)
    found = noise(workspace)
    assert found["token_f1"]["answer"]["value"] > 0.0
    assert found["token_f1"]["judge"]["value"] == 0.0


def test_asking_again_costs_nothing_and_records_nothing(
    loopback: LoopbackServer, workspace: Path
) -> None:
    score(2, workspace)
    asked, before = len(loopback.calls), (workspace / ".winnow" / "noise.json").read_bytes()
    score(2, workspace)
    assert len(loopback.calls) == asked
    assert (workspace / ".winnow" / "noise.json").read_bytes() == before
    assert not (workspace / ".winnow" / "mlflow.db").exists()


def test_without_models_it_says_that_nothing_varies(
    tmp_path: Path, corpus: Path, encoder_folder: Path, loopback: LoopbackServer,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    root = tmp_path / "plain"
    with endpoints_of(loopback, root / ".winnow") as endpoints:
        cases = write_workspace(root, corpus, encoder_folder.parent, endpoints)
    score(2, root)
    said = capsys.readouterr().out
    assert "answers without a language model: its answers do not vary" in said
    assert "no language model judges" in said
    assert {each["answer"]["value"] for each in noise(root).values()} == {0.0}
    assert not loopback.calls
    cases.write_text(cases.read_text(encoding="utf-8").replace("Thirty", "Forty"))
    with pytest.raises(ArtifactError, match="dvc repro"):
        score(2, root)


def test_what_was_not_built_is_said_with_the_command(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    with pytest.raises(PrerequisiteError, match="winnow run"):
        score(2, tmp_path)
