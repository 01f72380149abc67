import hashlib
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.workspace.workspace import Workspace
from pipeline.versions.store import object_path


def write_remotes(
    workspace: Workspace,
    default: str | None = None,
    remotes: Mapping[str, Mapping[str, str]] | None = None,
    *,
    git: bool = False,
) -> None:
    """Name remotes with their options; a workspace outside git says so in the same file."""
    core = ([] if git else ["no_scm = True"]) + ([f"remote = {default}"] if default else [])
    sections = ["[core]", *core, *_sections(remotes or {})]
    (workspace.root / ".dvc" / "config").write_text("\n".join([*sections, ""]), encoding="utf-8")


def write_secrets(workspace: Workspace, remote: str, options: Mapping[str, str]) -> None:
    """Give options of a remote where no git sees them."""
    text = "\n".join([*_sections({remote: options}), ""])
    (workspace.root / ".dvc" / "config.local").write_text(text, encoding="utf-8")


def _sections(remotes: Mapping[str, Mapping[str, str]]) -> list[str]:
    lines = []
    for name, options in remotes.items():
        lines.append(f"['remote \"{name}\"']")
        lines += [f"{option} = {value}" for option, value in options.items()]
    return lines


Fault = Callable[["Request"], "int | str | None"]
"""Says what is wrong with a request: a status, `cut` for half of the body, or nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; `count` is how often this very thing was before."""

    method: str
    path: str
    part: str | None
    count: int


@dataclass
class ObjectServer:
    """The folder, what to do wrong, and what was asked for so far."""

    folder: Path
    parts: bool = True
    sizes: bool = True
    delay: float = 0.0
    fault: Fault | None = None
    body: bytes = b""
    """The body of an error, as S3 would word it."""
    seen: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def note(self, method: str, path: str, part: str | None) -> Request:
        with self.lock:
            asked = (method, path, part)
            count = sum((each.method, each.path, each.part) == asked for each in self.seen)
            self.seen.append(Request(*asked, count))
            return self.seen[-1]

    def parts_of(self, name: str) -> list[str]:
        """The ranges that were asked of an object."""
        path = f"/{name[:2]}/{name[2:]}"
        with self.lock:
            return [each.part for each in self.seen if each.part and each.path.endswith(path)]


@contextmanager
def serving_objects(folder: Path, parts: bool = True) -> Iterator[ObjectServer]:
    """Serve a folder on loopback while within."""
    objects = ObjectServer(folder, parts)

    class Handler(_Handler):
        server_of = objects

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    objects.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield objects
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: ObjectServer

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *args: object) -> None:
        del args

    def _answer(self) -> None:
        objects = self.server_of
        request = objects.note(self.command, self.path, self.headers.get("Range"))
        time.sleep(objects.delay)
        path = objects.folder / self.path.lstrip("/").partition("?")[0]
        fault = objects.fault(request) if objects.fault else None
        if fault is None and not path.is_file():
            fault = 404
        if isinstance(fault, int):
            self._send(fault, objects.body, {})
            return
        content, status, headers = path.read_bytes(), 200, {}
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.part or "")
        if found and objects.parts:
            first, last = int(found[1]), min(int(found[2]), len(content) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            content, status = content[first : last + 1], 206
        self._send(status, content, headers, cut=fault == "cut")

    def _send(self, status: int, body: bytes, headers: dict[str, str], cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server_of.sizes:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True


def push_folder(remote: Path, files: Mapping[str, bytes]) -> str:
    """Put files into a remote; return the id of their folder."""
    rows = [{"md5": push_object(remote, files[name]), "relpath": name} for name in sorted(files)]
    return push_listing(remote, json.dumps(rows, sort_keys=True).encode())


def push_listing(remote: Path, content: bytes) -> str:
    """Put the listing of a folder into a remote; return its id."""
    return push_object(remote, content, ".dir") + ".dir"


def push_object(remote: Path, content: bytes, ending: str = "") -> str:
    """Put an object into a remote; return its MD5."""
    md5 = hashlib.md5(content).hexdigest()
    path = object_path(remote, md5 + ending)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return md5


def push_files(remote: Path, folder: Path) -> str:
    """Put what a folder holds into a remote; return its id."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return push_folder(
        remote, {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    )


CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextmanager
def serving_s3(*buckets: str) -> Iterator[str]:
    """Serve new buckets while within, also to processes started from here; yield the address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": url}.items():
                environment.setenv(name, value)
            for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
                environment.delenv(name, raising=False)
            client = boto3.client("s3")
            for bucket in buckets:
                client.create_bucket(Bucket=bucket)
            client.close()
            yield url
    finally:
        server.stop()


def let_anyone_read(bucket: str) -> None:
    """Make the objects of a bucket public; moto asks for a right of its own to see their heads."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:HeadObject"],
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    client = boto3.client("s3")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_bucket_policy(Bucket=bucket, Policy=policy)
    client.close()
