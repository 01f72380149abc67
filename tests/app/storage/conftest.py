from pathlib import Path

import pytest

from tests.support.garbage import Trial


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return Trial(tmp_path_factory.mktemp("gc") / "workspace")


@pytest.fixture
def trial(made: Trial, tmp_path: Path) -> Trial:
    """Four Versions that a test may do with what it likes."""
    return made.copied(tmp_path / "workspace")
