from pathlib import Path

import pytest

from app.lock_repair import ASIDE, set_aside_broken_lock
from app.workspace import Workspace

SOUND = "schema: '2.0'\nstages:\n  ingest:\n    cmd: python -m pipeline.stages.ingest\n"


def test_a_sound_lock_stays(tmp_path: Path) -> None:
    lock = tmp_path / "dvc.lock"
    assert set_aside_broken_lock(Workspace(tmp_path)) is None
    lock.write_text(SOUND)
    assert set_aside_broken_lock(Workspace(tmp_path)) is None
    assert lock.read_text() == SOUND


@pytest.mark.parametrize("length", [0, 3, 12, 20, 34])
def test_a_lock_that_was_cut_short_is_set_aside(tmp_path: Path, length: int) -> None:
    (tmp_path / "dvc.lock").write_text(SOUND[:length])
    assert set_aside_broken_lock(Workspace(tmp_path)) == tmp_path / ASIDE
    assert (tmp_path / ASIDE).read_text() == SOUND[:length]
    assert not (tmp_path / "dvc.lock").exists()
