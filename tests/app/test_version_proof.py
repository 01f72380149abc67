"""A former champion is served again only if its files are those that were promoted."""

import shutil
from pathlib import Path

import pytest

from app.version_proof import proven_files
from pipeline.errors import VersionError
from tests.served_versions import ServedVersions, serve_version

pytestmark = pytest.mark.slow


@pytest.fixture
def served(tmp_path: Path, version_folder: Path) -> tuple[ServedVersions, str]:
    return serve_version(tmp_path, version_folder)


def test_what_the_cache_lacks_is_brought(served: tuple[ServedVersions, str]) -> None:
    versions, version = served
    receipt = versions.promote(version)
    shutil.rmtree(versions.place.cache)
    assert proven_files(versions.place, receipt).keys() == receipt.files.keys()


def test_another_sha_256_is_said(served: tuple[ServedVersions, str]) -> None:
    """The MD5 of the file is right, as whoever changes it can arrange."""
    versions, version = served
    receipt = versions.promote(version)
    changed = {**receipt.files, "chunks.parquet": "0" * 64}
    with pytest.raises(VersionError, match="chunks.parquet has another SHA-256"):
        proven_files(versions.place, receipt.model_copy(update={"files": changed}))
    more = {**receipt.files, "more": "0" * 64}
    with pytest.raises(VersionError, match="is not what was promoted: more has"):
        proven_files(versions.place, receipt.model_copy(update={"files": more}))


def test_what_cannot_be_opened_cannot_be_served(served: tuple[ServedVersions, str]) -> None:
    versions, version = served
    newer = versions.vary(version, mode="telepathy")
    receipt = versions.promote(newer)
    with pytest.raises(VersionError, match="`retrieval.mode`"):
        proven_files(versions.place, receipt)


def test_what_is_nowhere_is_said(served: tuple[ServedVersions, str]) -> None:
    versions, version = served
    receipt = versions.promote(version)
    for root in (versions.place.cache, versions.place.root.parent / "remote"):
        shutil.rmtree(root)
    with pytest.raises(VersionError, match="is neither in DVC's cache nor in its remote"):
        proven_files(versions.place, receipt)
