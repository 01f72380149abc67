"""What belongs to a Version is known from listings alone, here or at the remote."""

import shutil
from pathlib import Path

import pytest

from app.dvc_remote import open_remote
from app.version_objects import cached_object, version_objects
from pipeline.errors import VersionError
from tests.configured_remote import write_remotes
from tests.stored_version import StoredVersions


@pytest.fixture
def stored(tmp_path: Path) -> StoredVersions:
    return StoredVersions(tmp_path / "here")


def test_all_that_a_version_needs_is_named(stored: StoredVersions) -> None:
    version, other = stored.version("one"), stored.version("two")
    stored.lock(version)
    found = version_objects(stored.place, version.id)
    assert (found.version, found.outputs, found.absent) == (version.id, version.outputs, ())
    assert "encoder/model.onnx" in found.files
    assert {version.id, *version.outputs.values(), *found.files.values()} <= found.digests
    assert {version.answers, version.scorecard} <= found.digests
    assert all(cached_object(stored.place, each).is_file() for each in found.digests)
    # Those measured on another Version are of no use to it.
    assert not {version.answers, other.answers} & version_objects(stored.place, other.id).digests


def test_outputs_that_are_gone_are_named(stored: StoredVersions) -> None:
    version = stored.version("one")
    stored.object(version.outputs["embed"]).unlink()
    found = version_objects(stored.place, version.id)
    assert found.absent == ("embed",)
    assert found.outputs == version.outputs
    assert version.outputs["embed"] not in found.digests


def test_what_the_cache_lacks_is_read_at_the_remote(stored: StoredVersions, tmp_path: Path) -> None:
    version = stored.version("one")
    before = version_objects(stored.place, version.id)
    write_remotes(stored.place, "store", {"store": {"url": str(tmp_path / "remote")}})
    with open_remote(stored.place) as remote:
        assert remote is not None
        remote.upload(before.digests)
        shutil.rmtree(stored.place.cache)
        assert version_objects(stored.place, version.id, remote) == before
        with pytest.raises(VersionError, match="nor in its remote; bring it with `dvc pull"):
            version_objects(stored.place, "0" * 32 + ".dir", remote)
    with pytest.raises(VersionError, match="is not in DVC's cache; bring it"):
        version_objects(stored.place, version.id)


@pytest.mark.parametrize("content", ["", "[]", '{"outputs": 1}', "{"])
def test_a_broken_manifest_is_said(stored: StoredVersions, content: str) -> None:
    version = stored.store({"manifest.json": content})
    with pytest.raises(VersionError, match=f"the manifest of {version} is missing or broken"):
        version_objects(stored.place, version)


@pytest.mark.parametrize("content", ["", "{}", '[{"md5": 1}]'])
def test_a_broken_listing_is_said(stored: StoredVersions, content: str) -> None:
    version = stored.version("one")
    path = stored.object(version.id)
    path.chmod(0o644)
    path.write_text(content)
    with pytest.raises(VersionError, match="broken"):
        version_objects(stored.place, version.id)
