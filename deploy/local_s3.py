"""A local S3 endpoint to try remotes with, in the background; DVC's remote here points at it.

make s3
make s3-stop

It is moto's server, on loopback alone; its data are in memory and go when it stops.
"""

import argparse
import json
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from pipeline.errors import PrerequisiteError, WinnowError
from pipeline.files import write_json

HOST = "127.0.0.1"
PORT = 9378
BUCKET = "winnow"
REMOTE = "local-s3"
REGION = "us-east-1"
# moto lets anyone in, and clients will not start without.
KEY = "test"
_SERVER = "moto.server"
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that was started: its process and its address."""

    pid: int
    url: str

    @property
    def runs(self) -> bool:
        """Whether that process is still the server, and not another of the same number."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            command = process.cmdline()
            return _SERVER in command and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def stop(self) -> None:
        """End the process and wait until it is gone."""
        import psutil

        process = psutil.Process(self.pid)
        process.terminate()
        try:
            process.wait(5)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(5)


def start(folder: Path) -> None:
    """Serve a bucket and point a remote of the project in `folder` at it."""
    if not (folder / ".dvc").is_dir():
        raise PrerequisiteError(f"{folder} is no DVC project; run `dvc init` there first")
    note = _note(folder)
    endpoint = _read(note)
    if endpoint and endpoint.runs:
        _say(f"S3 is served at {endpoint.url} already (process {endpoint.pid})")
    else:
        endpoint = _serve(note)
        _say(f"S3 is served at {endpoint.url}; its data are in memory and go when it stops")
    _say_next(endpoint.url, other=_point_remote(folder, endpoint.url))


def stop(folder: Path) -> None:
    """Stop serving, and take the remote out again."""
    note = _note(folder)
    endpoint = _read(note)
    if endpoint and endpoint.runs:
        endpoint.stop()
        _say(f"S3 is no longer served at {endpoint.url}; what was in it is gone")
    else:
        _say("no S3 is served from here")
    note.unlink(missing_ok=True)
    if _remove_remote(folder):
        _say(f"the remote {REMOTE} is out of .dvc/config.local again")


def _serve(note: Path) -> Endpoint:
    """Start the server, wait until it answers, and make the bucket."""
    import boto3

    port = _free_port()
    note.parent.mkdir(parents=True, exist_ok=True)
    log = note.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", _SERVER, "-H", HOST, "-p", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    endpoint = Endpoint(process.pid, f"http://{HOST}:{port}")
    write_json(note, asdict(endpoint))
    end = time.monotonic() + _SECONDS
    while not _answers(endpoint.url):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            last = log.read_text("utf-8", "replace").strip().rpartition("\n")[2]
            raise PrerequisiteError(
                f"the S3 server does not start ({last}); run `make setup`, then look at {log}"
            )
        time.sleep(0.1)
    client = boto3.client(
        "s3",
        endpoint_url=endpoint.url,
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
        region_name=REGION,
    )
    with closing(client):
        client.create_bucket(Bucket=BUCKET)
    return endpoint


def _point_remote(folder: Path, url: str) -> str | None:
    """Write the remote into `.dvc/config.local`; return the default one that stays, if any."""
    from dvc.config import Config

    config = Config(dvc_dir=str(folder / ".dvc"))
    default = config["core"].get("remote")
    other = default if default not in (None, REMOTE) else None
    with config.edit("local") as local:
        local["remote"][REMOTE] = {
            "url": f"s3://{BUCKET}",
            "endpointurl": url,
            "region": REGION,
            "access_key_id": KEY,
            "secret_access_key": KEY,
        }
        if other is None:
            local["core"]["remote"] = REMOTE
    return other


def _remove_remote(folder: Path) -> bool:
    from dvc.config import Config

    with Config(dvc_dir=str(folder / ".dvc")).edit("local") as local:
        if local["core"].get("remote") == REMOTE:
            del local["core"]["remote"]
        return local["remote"].pop(REMOTE, None) is not None


def _say_next(url: str, other: str | None) -> None:
    option = f" --remote {REMOTE}" if other else ""
    if other:
        _say(
            f"your default remote stays {other}; beside it there is {REMOTE}, until `make s3-stop`"
        )
    else:
        _say(f"DVC's default remote is {REMOTE} (s3://{BUCKET}), until `make s3-stop`")
    _say(
        f"""next:
  dvc push --run-cache{option}
  winnow promote ID
in an empty folder, as if on another machine:
  export AWS_ENDPOINT_URL={url} AWS_DEFAULT_REGION={REGION}
  export AWS_ACCESS_KEY_ID={KEY} AWS_SECRET_ACCESS_KEY={KEY}
  winnow fetch ID --remote s3://{BUCKET}"""
    )


def _free_port() -> int:
    """Return the usual port, so that what was exported stays right, or any that is free."""
    for port in (PORT, 0):
        with closing(socket.socket()) as probe:
            # A server that has just stopped leaves its port in waiting.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PrerequisiteError(f"no port is free on {HOST}; stop another server first")


def _answers(url: str) -> bool:
    try:
        urlopen(url, timeout=5).close()
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
    return True


def _note(folder: Path) -> Path:
    return folder / ".winnow" / "s3.json"


def _read(note: Path) -> Endpoint | None:
    try:
        return Endpoint(**json.loads(note.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="A local S3 endpoint to try remotes with.")
    parser.add_argument("command", choices=["start", "stop"])
    parser.add_argument("--folder", type=Path, default=Path(), help="the project; this folder")
    options = parser.parse_args()
    try:
        {"start": start, "stop": stop}[options.command](options.folder)
    except WinnowError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
