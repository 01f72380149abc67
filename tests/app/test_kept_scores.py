from pathlib import Path

import pytest

from app.kept_scores import in_cache, in_folder, in_ledger
from eval.recording import SCORECARD, SCORES
from eval.scores import write_scores
from pipeline.artifact import write_json
from tests.app.gate_report.sample_verdict import BASELINE, CANDIDATE
from tests.fakes import MemoryLedger
from tests.scorecard_folder import ONE, TWO, make_entry, make_scorecard
from tests.stored_version import StoredVersions

FORMATS = Path(__file__).parents[1] / "eval" / "fixtures"


def test_a_ledger_gives_what_it_has_of_the_version_newest_first(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    for card in (make_scorecard(ONE), make_scorecard(TWO), make_scorecard(ONE, size=300)):
        other = card.model_copy(update={"judge": f"{card.settings['chunk.size']}"})
        ledger.record(make_entry(tmp_path, other))
    found = list(in_ledger(ledger, ONE))
    assert [each.scorecard.judge for each in found] == ["300", "200"]
    assert found[0].scored == "as recorded"
    assert found[0].measurements["latency_ms.p95"] == 40.0
    assert {score.case_id for score in found[0].read()} == {"q1", "q2", "q3"}


def test_a_folder_gives_what_was_kept_there_with_how_it_came_about(tmp_path: Path) -> None:
    write_json(tmp_path / SCORECARD, CANDIDATE.scorecard.model_dump(mode="json"))
    write_scores(tmp_path / SCORES, CANDIDATE.scores)
    [kept] = in_folder(tmp_path, "scored again here")
    assert kept.scorecard == CANDIDATE.scorecard != BASELINE.scorecard
    assert tuple(kept.read()) == CANDIDATE.scores
    assert kept.scored == "scored again here"


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
    [kept] = in_cache(stored.place, [folder])
    assert kept.scorecard.metrics["context_recall"].coverage == 0.75
    assert kept.scorecard.spending.answer.tokens == tokens
    assert tuple(kept.read()) == CANDIDATE.scores
