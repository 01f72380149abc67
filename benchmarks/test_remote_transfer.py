"""Pushing and fetching 200 MB by S3, in few large objects and in many small ones.

    python -m pytest -m benchmark -s benchmarks/test_remote_transfer.py

Against moto's server on loopback, near and as from afar; prints a table.
"""

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
import yaml

from benchmarks.markdown_table import machine, table
from benchmarks.test_published import report
from pipeline.files import directory_hash, folder_files
from pipeline.versions.fetch import fetch_version
from pipeline.versions.remote import RemoteAddress, RemoteObjects
from tests.support.project import ROOT, environment
from tests.support.remotes import CREDENTIALS

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]
BYTES = 200_000_000
ROUNDS = 3
AFAR = (0.03, 25e6)
"""Seconds that a request waits, and bytes a second of a connection: S3 from the same continent."""
# The twelve files of a Version, with the two that grow taking most.
_VERSION = {
    "encoder/model.onnx": 90_000_000,
    "vectors.faiss": 75_000_000,
    "chunks.parquet": 30_000_000,
    **{f"lexical/{name}": 1_000_000 for name in ("data.npy", "indices.npy", "indptr.npy", "terms")},
    "encoder/tokenizer.json": 700_000,
    **{f"small/{number}": 75_000 for number in range(3)},
}
SHAPES: dict[str, Mapping[str, int]] = {
    "a Version: 12 files": {**_VERSION, "manifest.json": BYTES - sum(_VERSION.values())},
    "one file": {"manifest.json": BYTES},
    "3,000 files": {
        "manifest.json": BYTES - 2999 * 66_666,
        **{f"{number:04}": 66_666 for number in range(2999)},
    },
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(port: int, *arguments: str) -> Iterator[str]:
    """Run a server of ours and yield its address, once it listens."""
    running = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()


def write_shape(folder: Path, shape: Mapping[str, int]) -> None:
    seeded = random.Random(1)
    for name, size in shape.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(seeded.randbytes(size))


def dvc(project: Path, *command: str) -> float:
    start = time.monotonic()
    subprocess.run(["dvc", *command], cwd=project, env=environment(), check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    return time.monotonic() - start


def push(project: Path, url: str, bucket: str) -> float:
    client = boto3.client("s3", endpoint_url=url)
    client.create_bucket(Bucket=bucket)
    client.close()
    dvc(project, "remote", "add", "--force", "--default", bucket, f"s3://{bucket}")
    dvc(project, "remote", "modify", bucket, "endpointurl", url)
    return dvc(project, "push")


def fetch(url: str, bucket: str, version: str, target: Path, threads: int) -> float:
    start = time.monotonic()
    with RemoteObjects(RemoteAddress(f"s3://{bucket}", url)) as remote:
        fetch_version(remote, version, target, threads=threads)
    seconds = time.monotonic() - start
    assert directory_hash(folder_files(target)) == version
    shutil.rmtree(target)
    return seconds


def measured(project: Path, url: str, place: str, target: Path) -> list[str]:
    """Push and fetch what a project holds; return the cells of a row."""
    version = yaml.safe_load((project / "data.dvc").read_text("utf-8"))["outs"][0]["md5"]
    pushes = [push(project, url, f"{place}-{number}") for number in range(ROUNDS)]
    cells = [_cell(pushes)]
    for threads in (1, 8):
        found = [fetch(url, f"{place}-0", version, target, threads) for _ in range(ROUNDS)]
        cells.append(_cell(found))
    return cells


def _cell(seconds: list[float]) -> str:
    median = sorted(seconds)[len(seconds) // 2]
    return f"{median:.1f} s, {BYTES / 1e6 / median:.0f} MB/s"


@pytest.mark.parametrize("name", SHAPES)
def test_few_large_objects_beside_many_small_ones(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for variable, value in CREDENTIALS.items():
        monkeypatch.setenv(variable, value)
    port, far = free_port(), free_port()
    load = os.getloadavg()[0]
    write_shape(tmp_path / "data", SHAPES[name])
    dvc(tmp_path, "init", "--no-scm", "--quiet")
    dvc(tmp_path, "add", "--quiet", "data")
    with (
        process(port, "moto.server", "-p", str(port)) as near_url,
        process(far, "benchmarks.far_proxy", str(far), str(port), *map(str, AFAR)) as far_url,
    ):
        rows = [
            [name, place, *measured(tmp_path, url, place, tmp_path / "fetched")]
            for place, url in (("near", near_url), ("far", far_url))
        ]
    head = ("200 MB as", "endpoint", "`dvc push`", "fetch, 1 thread", "fetch, 8 threads")
    report(capsys, f"{table(head, rows)}\n\n{machine()} Load before: {load:.1f}.\n")
