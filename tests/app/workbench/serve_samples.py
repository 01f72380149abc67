"""Serves every state of the workbench, each on its own port, until stdin closes.

The first line written is a JSON object of state to address. A line `recover` on stdin makes the
unreachable ledger reachable.
"""

import json
import socket
import sys

from app.library import Library
from app.workbench.server import start
from pipeline.errors import LedgerError
from tests.app.workbench.sample_library import library_over, record, sample_library, version_id
from tests.fakes import MemoryLedger

STATES: dict[str, tuple[tuple[str, ...], str | None]] = {
    "two": (("small", "large"), "small"),
    "none": ((), None),
    "one": (("small",), None),
    "broken": (("small", "broken", "large"), None),
    "hostile": (("small", "hostile"), "small"),
    "models": (("small", "writer", "keyless", "crowded"), "small"),
    "five": (("small", "large", "broken", "hostile", "fifth"), "small"),
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unreachable() -> tuple[Library, MemoryLedger]:
    ledger = MemoryLedger(version_id("small"))
    ledger.add(record("small", 120, 0, 0.81))
    ledger.add(record("large", 400, 1, 0.77))
    ledger.fault = LedgerError("MLflow at http://mlflow.internal:5000 does not answer")
    return library_over(ledger), ledger


def serve() -> None:
    libraries = {
        state: sample_library(*names, champion=champion)
        for state, (names, champion) in STATES.items()
    }
    libraries["unreachable"], ledger = unreachable()
    servers = {
        state: start(library, "127.0.0.1", free_port()) for state, library in libraries.items()
    }
    sys.stdout.write(json.dumps({state: server.url for state, server in servers.items()}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line.strip() == "recover":
            ledger.fault = None


if __name__ == "__main__":
    serve()
