"""`winnow fetch`, and asking what it brought, where there is neither git, DVC nor a workspace."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.commands.fetch import configured_remote, fetch, remote_address
from app.workspace.workspace import Workspace
from pipeline.errors import ParamsError, PrerequisiteError, RemoteError, VersionError
from pipeline.versions.remote import RemoteAddress
from pipeline.versions.store import object_path
from tests.support.project import ROOT, environment
from tests.support.remotes import push_files

QUESTION = "How long is the warranty of the Fjell pump?"
_ABSENT = ("dvc", "dvc_data", "dvc_objects", "scmrepo", "pygit2", "dulwich", "mlflow", "torch")


def winnow(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command where no git can be found and no DVC be imported."""
    code = (
        f"import sys\nfor name in {_ABSENT!r}: sys.modules[name] = None\n"
        "from app.main import main\nmain()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={"PATH": str(folder / "nothing"), "PYTHONPATH": str(ROOT), "HOME": str(folder)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("remote")
    return folder


@pytest.fixture(scope="module")
def pushed(remote: Path, version_folder: Path) -> str:
    return push_files(remote, version_folder)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_fetched_version_answers_with_neither_git_nor_dvc(
    remote: Path, pushed: str, tmp_path: Path
) -> None:
    done = winnow(tmp_path, "fetch", pushed.removesuffix(".dir"), "--remote", str(remote))
    assert done.returncode == 0, done.stderr
    assert f"Version {pushed} is in {tmp_path / pushed[:12]} (" in done.stdout
    assert f'winnow ask --folder {pushed[:12]} "your question"' in done.stdout
    asked = winnow(tmp_path, "ask", "--folder", pushed[:12], QUESTION)
    assert asked.stdout.startswith("The warranty of the Fjell pump lasts five years"), asked.stderr
    again = winnow(tmp_path, "fetch", pushed[:8], "--remote", str(remote))
    assert "it was there already, every file verified" in again.stdout
    assert sorted(each.name for each in tmp_path.iterdir()) == [pushed[:12]]


@pytest.mark.slow
@pytest.mark.thorough
def test_what_is_damaged_is_one_line_and_nothing_is_there(
    remote: Path, pushed: str, tmp_path: Path
) -> None:
    listing = object_path(remote, pushed)
    content = listing.read_bytes()
    listing.write_bytes(content[:-1])
    try:
        done = winnow(tmp_path, "fetch", pushed, "--remote", str(remote), "--to", "v")
    finally:
        listing.write_bytes(content)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: the listing {pushed} is damaged in {remote}")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_no_version_is_one_line(tmp_path: Path) -> None:
    from app.commands.ask import ask

    with pytest.raises(VersionError, match="fetch a Version into it with `winnow fetch ID"):
        ask(QUESTION, folder=tmp_path / "nothing")
    with pytest.raises(VersionError, match=r"is no Version: it lacks manifest\.json"):
        ask(QUESTION, folder=tmp_path)
    with pytest.raises(ParamsError, match="leave --version out"):
        ask(QUESTION, folder=tmp_path, version="abcd")


def test_where_no_remote_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WINNOW_REMOTE", raising=False)
    monkeypatch.delenv("WINNOW_WORKSPACE", raising=False)
    with pytest.raises(PrerequisiteError, match=r"give --remote URL, .*WINNOW_REMOTE"):
        fetch("abcd")


def test_what_is_given_comes_before_the_environment_and_that_before_the_workspace(
    tmp_path: Path,
) -> None:
    workspace = Workspace(tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / ".dvc" / "config").write_text(
        "[core]\nremote = store\n['remote \"store\"']\nurl = s3://its\n"
    )
    environ = {"WINNOW_REMOTE": "s3://named"}
    given = remote_address("s3://given", True, "http://127.0.0.1:9", workspace.root, environ)
    assert given == RemoteAddress("s3://given", "http://127.0.0.1:9", anonymous=True)
    assert remote_address(None, False, None, workspace.root, environ).url == "s3://named"
    assert remote_address(None, True, None, workspace.root, {}) == RemoteAddress(
        "s3://its", anonymous=True
    )
    for known in ("store", "s3://its/"):
        assert remote_address(known, False, None, workspace.root, {}) == RemoteAddress("s3://its")
    with pytest.raises(RemoteError, match="address is empty"):
        remote_address("", False, None, workspace.root, environ)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("workspace")
    subprocess.run(["dvc", "init", "--no-scm", "--quiet"], cwd=root, env=environment(), check=True)
    (root / "dvc.yaml").write_text("stages: {}\n")
    return Workspace(root)


def configure(workspace: Workspace, shared: str, local: str = "") -> None:
    (workspace.root / ".dvc" / "config").write_text(shared)
    (workspace.root / ".dvc" / "config.local").write_text(local)


def default_remote(workspace: Workspace) -> RemoteAddress:
    return remote_address(None, False, None, workspace.root, {})


def test_the_default_remote_with_what_stands_beside_it(workspace: Workspace) -> None:
    configure(
        workspace,
        "[core]\nremote = store\n['remote \"store\"']\nurl = s3://bucket/data\n"
        "endpointurl = http://127.0.0.1:9\n['remote \"other\"']\nurl = /other\n",
        "['remote \"store\"']\naccess_key_id = id\nsecret_access_key = s3cr3t\nregion = eu-1\n",
    )
    found = default_remote(workspace)
    assert (found.url, found.endpoint_url) == ("s3://bucket/data", "http://127.0.0.1:9")
    assert found.credentials == {
        "key": "id", "secret": "s3cr3t", "client_kwargs": {"region_name": "eu-1"}
    }  # fmt: skip
    assert not found.anonymous
    assert "s3cr3t" not in repr(found)


def test_a_remote_is_known_by_its_name_and_its_address(workspace: Workspace) -> None:
    configure(
        workspace,
        "['remote \"store\"']\nurl = s3://bucket/data\nendpointurl = http://127.0.0.1:9\n",
        "['remote \"store\"']\naccess_key_id = id\nsecret_access_key = s3cr3t\n",
    )
    for named in ("store", "s3://bucket/data", "s3://bucket/data/"):
        found = configured_remote(workspace, named)
        assert found is not None
        assert found.endpoint_url == "http://127.0.0.1:9"
        assert found.credentials == {"key": "id", "secret": "s3cr3t"}
    assert configured_remote(workspace, "s3://bucket") is None
    assert configured_remote(workspace) is None


def test_a_public_bucket(workspace: Workspace) -> None:
    configure(
        workspace,
        "[core]\nremote = store\n['remote \"store\"']\nurl = s3://bucket\n"
        "allow_anonymous_login = true\n",
    )
    assert default_remote(workspace).anonymous


def test_a_folder_is_relative_to_the_configuration(workspace: Workspace) -> None:
    configure(workspace, "[core]\nremote = store\n['remote \"store\"']\nurl = ../shared\n")
    assert default_remote(workspace).url == str(workspace.root / "shared")


@pytest.mark.parametrize("shared", ["", "['remote \"store\"']\nurl = s3://bucket\n"])
def test_where_none_is_the_default(shared: str, workspace: Workspace) -> None:
    configure(workspace, shared)
    with pytest.raises(PrerequisiteError, match="dvc remote add --default"):
        default_remote(workspace)


@pytest.mark.parametrize("shared", ["[core\n", "[core]\nnonsense = 1\n"])
def test_a_configuration_that_dvc_cannot_read(shared: str, workspace: Workspace) -> None:
    configure(workspace, shared)
    with pytest.raises(PrerequisiteError, match=r"configuration in .*\.dvc cannot be read"):
        default_remote(workspace)
