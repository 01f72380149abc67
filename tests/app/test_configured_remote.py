import subprocess

import pytest

from app.configured_remote import configured_remote, remote_called
from app.workspace import Workspace
from pipeline.errors import PrerequisiteError
from tests.project import environment


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("workspace")
    subprocess.run(["dvc", "init", "--no-scm", "--quiet"], cwd=root, env=environment(), check=True)
    return Workspace(root)


def configure(place: Workspace, shared: str, local: str = "") -> None:
    (place.root / ".dvc" / "config").write_text(shared)
    (place.root / ".dvc" / "config.local").write_text(local)


def test_the_default_remote_with_what_stands_beside_it(place: Workspace) -> None:
    configure(
        place,
        "[core]\nremote = store\n['remote \"store\"']\nurl = s3://bucket/data\n"
        "endpointurl = http://127.0.0.1:9\n['remote \"other\"']\nurl = /other\n",
        "['remote \"store\"']\naccess_key_id = id\nsecret_access_key = s3cr3t\nregion = eu-1\n",
    )
    found = configured_remote(place)
    assert (found.url, found.endpoint_url) == ("s3://bucket/data", "http://127.0.0.1:9")
    assert found.credentials == {
        "key": "id", "secret": "s3cr3t", "client_kwargs": {"region_name": "eu-1"}
    }  # fmt: skip
    assert not found.anonymous
    assert "s3cr3t" not in repr(found)


def test_a_remote_is_known_by_its_name_and_its_address(place: Workspace) -> None:
    configure(
        place,
        "['remote \"store\"']\nurl = s3://bucket/data\nendpointurl = http://127.0.0.1:9\n",
        "['remote \"store\"']\naccess_key_id = id\nsecret_access_key = s3cr3t\n",
    )
    for named in ("store", "s3://bucket/data", "s3://bucket/data/"):
        found = remote_called(place, named)
        assert found is not None
        assert found.endpoint_url == "http://127.0.0.1:9"
        assert found.credentials == {"key": "id", "secret": "s3cr3t"}
    assert remote_called(place, "s3://bucket") is None


def test_a_public_bucket(place: Workspace) -> None:
    configure(
        place,
        "[core]\nremote = store\n['remote \"store\"']\nurl = s3://bucket\n"
        "allow_anonymous_login = true\n",
    )
    assert configured_remote(place).anonymous


def test_a_folder_is_relative_to_the_configuration(place: Workspace) -> None:
    configure(place, "[core]\nremote = store\n['remote \"store\"']\nurl = ../shared\n")
    assert configured_remote(place).url == str(place.root / "shared")


@pytest.mark.parametrize("shared", ["", "['remote \"store\"']\nurl = s3://bucket\n"])
def test_where_none_is_the_default(shared: str, place: Workspace) -> None:
    configure(place, shared)
    with pytest.raises(PrerequisiteError, match="dvc remote add --default"):
        configured_remote(place)


@pytest.mark.parametrize("shared", ["[core\n", "[core]\nnonsense = 1\n"])
def test_a_configuration_that_dvc_cannot_read(shared: str, place: Workspace) -> None:
    configure(place, shared)
    with pytest.raises(PrerequisiteError, match=r"configuration in .*\.dvc cannot be read"):
        configured_remote(place)
