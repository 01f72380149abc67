import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from app.storage.remote import DvcRemote, chosen_remote, open_remote, open_repository
from app.storage.version_objects import VersionObjects, version_objects
from app.workspace.workspace import Workspace
from pipeline.errors import PrerequisiteError, RemoteError, VersionError
from tests.support.remotes import serving_s3, write_remotes, write_secrets
from tests.support.stored_versions import StoredVersion, StoredVersions


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StoredVersion]:
    """A workspace without a remote; tests change a copy."""
    root = tmp_path_factory.mktemp("stored") / "here"
    versions = StoredVersions(root)
    version = versions.version("one")
    versions.lock(version)
    return root, version


@pytest.fixture
def workspace(stored: tuple[Path, StoredVersion], tmp_path: Path) -> Workspace:
    shutil.copytree(stored[0], tmp_path / "here")
    return Workspace(tmp_path / "here")


@pytest.fixture
def objects(stored: tuple[Path, StoredVersion], workspace: Workspace) -> VersionObjects:
    return version_objects(workspace, stored[1].id)


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with serving_s3("models") as url:
        yield url


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def remote(request: pytest.FixtureRequest, workspace: Workspace) -> Iterator[DvcRemote]:
    url = str(workspace.root.parent / "remote")
    if request.param == "s3":
        request.getfixturevalue("bucket")
        url = f"s3://models/{workspace.root.parent.name}"
    write_remotes(workspace, "store", {"store": {"url": url}})
    with opened(workspace) as found:
        assert found.url == url
        yield found


@contextmanager
def opened(workspace: Workspace) -> Iterator[DvcRemote]:
    with open_remote(workspace) as remote:
        assert remote is not None
        yield remote


def test_what_is_lacking_is_uploaded_once(remote: DvcRemote, objects: VersionObjects) -> None:
    digests = sorted(objects.digests)
    assert remote.missing(digests) == digests
    assert remote.upload(digests) == len(digests)
    assert remote.missing(digests) == []
    assert remote.upload(digests) == 0
    assert set(remote.sizes()) == set(digests)
    listing = remote.object(objects.version)
    assert listing is not None
    assert listing.startswith(b"[{")
    assert remote.object("0" * 32) is None


def test_what_vanished_or_was_cut_goes_there_again(
    remote: DvcRemote, objects: VersionObjects, workspace: Workspace
) -> None:
    """DVC's own push trusts its note of what it pushed, and would leave both as they are."""
    remote.upload(objects.digests)
    lost, cut = objects.files["manifest.json"], objects.files["encoder/model.onnx"]
    folder = remote.url
    if folder.startswith("s3://"):
        client = boto3.client("s3")
        prefix = f"{folder.removeprefix('s3://models/')}/files/md5"
        client.delete_object(Bucket="models", Key=f"{prefix}/{lost[:2]}/{lost[2:]}")
        client.put_object(Bucket="models", Key=f"{prefix}/{cut[:2]}/{cut[2:]}", Body=b"w")
        client.close()
    else:
        there = Path(folder) / "files" / "md5"
        (there / lost[:2] / lost[2:]).unlink()
        (there / cut[:2] / cut[2:]).chmod(0o644)
        (there / cut[:2] / cut[2:]).write_bytes(b"w")
    assert remote.missing(objects.digests) == sorted([lost, cut])
    assert remote.upload(objects.digests) == 2
    shutil.rmtree(workspace.cache)
    remote.download(objects.digests)
    assert version_objects(workspace, objects.version) == objects


def test_our_own_files_lie_beside_the_objects(remote: DvcRemote) -> None:
    assert remote.names("receipts") == []
    assert remote.read("receipts/a.json") is None
    remote.write("receipts/b.json", b"{}")
    remote.write("receipts/a.json", b"{")
    remote.write("receipts/a.json", b'{"a":1}')
    remote.write("verdicts/c.json", b"")
    assert remote.names("receipts") == ["receipts/a.json", "receipts/b.json"]
    assert remote.read("receipts/a.json") == b'{"a":1}'


def test_removed_objects_are_missing(remote: DvcRemote, objects: VersionObjects) -> None:
    remote.upload(objects.digests)
    gone = [objects.version, objects.files["manifest.json"]]
    remote.remove(gone)
    assert remote.missing(objects.digests) == sorted(gone)


def test_an_object_that_is_nowhere_or_damaged_is_named(
    remote: DvcRemote, objects: VersionObjects, workspace: Workspace
) -> None:
    with pytest.raises(VersionError, match=f"{'0' * 32} is neither in DVC's cache nor in "):
        remote.upload(["0" * 32])
    digest = objects.files["encoder/model.onnx"]
    path = workspace.cache / "files" / "md5" / digest[:2] / digest[2:]
    path.chmod(0o644)
    path.write_bytes(b"WEIGHTS")
    with pytest.raises(VersionError, match=f"{digest} is damaged in DVC's cache"):
        remote.upload(objects.digests)
    assert objects.version in remote.missing(objects.digests)


def test_without_a_remote_there_is_none(workspace: Workspace) -> None:
    with open_remote(workspace) as none:
        assert none is None


@pytest.mark.slow
def test_a_missing_bucket_is_said(
    workspace: Workspace, objects: VersionObjects, bucket: str
) -> None:
    assert bucket
    write_remotes(workspace, "store", {"store": {"url": "s3://nowhere/x"}})
    said = "bucket does not exist.*; make the bucket first"
    with opened(workspace) as remote, pytest.raises(RemoteError, match=said):
        remote.upload(objects.digests)


def test_a_password_is_in_neither_address_nor_message(workspace: Workspace) -> None:
    url = "https://ada:s3cret-word@127.0.0.1:9/files?sig=s3cret"
    write_remotes(workspace, "store", {"store": {"url": url, "connect_timeout": "1"}})
    write_secrets(workspace, "store", {"password": "s3cret-word"})
    with opened(workspace) as remote:
        assert remote.url == "https://127.0.0.1:9/files"
        with pytest.raises(RemoteError) as caught:
            remote.missing(["0" * 32])
        with pytest.raises(RemoteError):
            remote.read("receipts/a.json")
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
    with opened(workspace) as remote, pytest.raises(RemoteError, match="cannot be listed"):
        remote.names("receipts")


@pytest.mark.slow
def test_credentials_of_the_configuration_are_used(
    workspace: Workspace, objects: VersionObjects, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(workspace.root / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    own = {"url": "s3://models/own", "endpointurl": bucket}
    write_remotes(workspace, "store", {"store": own})
    with opened(workspace) as remote, pytest.raises(RemoteError, match="set AWS_ACCESS_KEY_ID"):
        remote.upload(objects.digests)
    write_secrets(workspace, "store", {"access_key_id": "me", "secret_access_key": "mine"})
    with opened(workspace) as remote:
        assert remote.upload(objects.digests) == len(objects.digests)
    write_secrets(workspace, "store", {})
    write_remotes(workspace, "store", {"store": {**own, "allow_anonymous_login": "true"}})
    with opened(workspace) as remote:
        assert remote.missing(objects.digests) == []


TWO = {"one": {"url": "/somewhere/one"}, "two": {"url": "/somewhere/two"}}


def choose(
    root: Path,
    remotes: Mapping[str, Mapping[str, str]],
    name: str | None = None,
    default: str | None = None,
) -> str | None:
    workspace = Workspace(root)
    (root / ".dvc").mkdir(exist_ok=True)
    write_remotes(workspace, default, remotes)
    with open_repository(workspace) as repo:
        return chosen_remote(repo, name)


def test_which_remote_is_meant(tmp_path: Path) -> None:
    assert choose(tmp_path, {}) is None
    assert choose(tmp_path, {"one": TWO["one"]}) == "one"
    assert choose(tmp_path, TWO, default="two") == "two"
    assert choose(tmp_path, TWO, "one", default="two") == "one"
    with pytest.raises(PrerequisiteError, match=r"\(one, two\); run `dvc remote default"):
        choose(tmp_path, TWO)
    with pytest.raises(PrerequisiteError, match="no remote 'three'.*`dvc remote add three URL`"):
        choose(tmp_path, TWO, "three")


def test_a_broken_configuration_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core\n")
    refused = pytest.raises(PrerequisiteError, match="cannot be opened.*; correct")
    with refused as caught, open_repository(Workspace(tmp_path)):
        pass
    assert "\n" not in str(caught.value)
