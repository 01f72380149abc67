"""`make s3` and `make s3-stop`, in a project of the test's own, with real processes."""

import configparser
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import pytest

from tests.support.project import ROOT, environment

pytestmark = [pytest.mark.slow, pytest.mark.thorough]


def said(command: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.local_s3", command, "--folder", str(folder)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    return done.stdout + done.stderr


def config(folder: Path) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser()
    parser.read(folder / ".dvc" / "config.local")
    return {name.strip("'"): dict(parser[name]) for name in parser.sections()}


def dvc(folder: Path, *command: str) -> str:
    done = subprocess.run(["dvc", *command], cwd=folder, env=environment(), capture_output=True,
                          text=True, check=True)  # fmt: skip
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    dvc(tmp_path, "init", "--no-scm", "--quiet")
    yield tmp_path
    said("stop", tmp_path)


def test_a_bucket_is_served_until_it_is_stopped(folder: Path) -> None:
    first = said("start", folder)
    assert "its data are in memory and go when it stops" in first
    endpoint = json.loads((folder / ".winnow" / "s3.json").read_text("utf-8"))
    assert f"served at {endpoint['url']} already" in said("start", folder)
    assert config(folder)["core"] == {"remote": "local-s3"}
    (folder / "notes.txt").write_text("pushed")
    dvc(folder, "add", "--quiet", "notes.txt")
    assert "1 file pushed" in dvc(folder, "push")
    client = boto3.client("s3", endpoint_url=endpoint["url"], region_name="us-east-1",
                          aws_access_key_id="test", aws_secret_access_key="test")  # fmt: skip
    [pushed] = client.list_objects_v2(Bucket="winnow")["Contents"]
    assert pushed["Key"].startswith("files/md5/")
    client.close()
    for line in ("dvc push --run-cache\n", "winnow promote ID\n", "--remote s3://winnow",
                 f"export AWS_ENDPOINT_URL={endpoint['url']} AWS_DEFAULT_REGION"):  # fmt: skip
        assert line in first
    assert "what was in it is gone" in said("stop", folder)
    assert not psutil.pid_exists(endpoint["pid"])
    assert config(folder) == {}
    assert "no S3 is served from here" in said("stop", folder)


def test_a_default_remote_of_ones_own_stays(folder: Path) -> None:
    dvc(folder, "remote", "add", "--default", "mine", "s3://mine/data")
    assert "your default remote stays mine" in (out := said("start", folder))
    assert "dvc push --run-cache --remote local-s3" in out
    assert dvc(folder, "config", "core.remote") == "mine\n"
    said("stop", folder)
    assert dvc(folder, "remote", "list").split() == ["mine", "s3://mine/data", "(default)"]


def test_where_there_is_no_dvc_nothing_starts(tmp_path: Path) -> None:
    assert "is no DVC project; run `dvc init`" in said("start", tmp_path)
    assert not (tmp_path / ".winnow").exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_lists_both() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"s3", "s3-stop"} <= {line.split()[0] for line in listed.stdout.splitlines()}
