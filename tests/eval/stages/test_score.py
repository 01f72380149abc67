import json
from pathlib import Path
from typing import Any

import pytest

from eval.ledger.recording import read_scorecard
from eval.stages.score import main
from pipeline.errors import PrerequisiteError
from pipeline.files import folder_files
from tests.loopback.fixture import environment, serving
from tests.support.gates import write_workspace
from tests.support.judged_answers import METRICS, endpoints_of


def test_judged_and_keyless_metrics_stand_in_one_scorecard_with_what_they_took(
    tmp_path: Path, corpus: Path, encoder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "place"
    with serving() as server:
        with endpoints_of(server, root / ".winnow") as endpoints:
            cases = write_workspace(
                root, corpus, encoder_folder.parent, endpoints, "groq", provider="groq"
            )
        for name, value in environment(server).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(root)
        main(["--cases", str(cases)])
        first = (root / "data" / "scorecard" / "scorecard.json").read_bytes()
        asked = len(server.calls)
        main(["--cases", str(cases)])
    assert len(server.calls) == asked
    assert (root / "data" / "scorecard" / "scorecard.json").read_bytes() == first
    card = read_scorecard(folder_files(root / "data" / "scorecard"))
    for metric in (*METRICS, "token_f1", "rouge_l", "citation_precision", "citation_coverage"):
        assert card.metrics[metric].coverage == 1.0, metric
    assert not card.metrics["noise_sensitivity"].higher_is_better
    assert card.spending.answer.tokens > 0
    assert card.spending.judge.tokens > card.spending.answer.tokens
    assert card.settings["judge.model"] == "llama-3.3-70b-versatile"
    content: dict[str, Any] = json.loads(first)
    assert content["metrics"]["faithfulness"]["coverage"] == 1.0


def test_without_the_key_it_says_which_variable_to_set(
    tmp_path: Path, corpus: Path, encoder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "place"
    with serving() as server, endpoints_of(server, root / ".winnow") as endpoints:
        cases = write_workspace(root, corpus, encoder_folder.parent, endpoints, provider="groq")
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    monkeypatch.chdir(root)
    with pytest.raises(PrerequisiteError, match="GROQ_API_KEY"):
        main(["--cases", str(cases)])
    assert not (root / "data" / "scorecard").exists()
