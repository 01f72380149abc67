"""Serves a model without a key: `python -m tests.loopback.server --port 8089 --faults 0.2`.

Every setting of Behaviour is an option; the variables to set are printed first.
"""

import argparse
import sys
import threading
from dataclasses import MISSING, fields
from typing import Any

from tests.loopback.behaviour import CHOICES, Behaviour
from tests.loopback.fixture import LoopbackServer, environment


def _option(name: str, kind: str, default: Any) -> dict[str, Any]:
    if kind == "bool":
        return {"action": "store_true", "default": default}
    if kind.startswith("tuple"):
        return {"type": lambda text: tuple(text.split(",")), "metavar": "A,B", "default": default}
    types = {"int": int, "float": float}
    return {
        "type": types.get(kind.split(" ")[0], str),
        "choices": CHOICES.get(name),
        "default": default,
    }


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the port and a value for each setting."""
    parser = argparse.ArgumentParser(prog="python -m tests.loopback.server", description=__doc__)
    parser.add_argument("--port", type=int, default=8089)
    for field in fields(Behaviour):
        default = None if field.default is MISSING else field.default
        flag = "--" + field.name.replace("_", "-")
        kind = getattr(field.type, "__name__", str(field.type))
        parser.add_argument(flag, dest=field.name, **_option(field.name, kind, default))
    return parser.parse_args(arguments)


def main() -> None:
    server = LoopbackServer(**vars(parse()))
    for name, value in environment(server).items():
        sys.stdout.write(f"export {name}={value}\n")
    sys.stdout.write(f"# counts: {server.url}/_counts; settings: POST {server.url}/_control\n")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()


if __name__ == "__main__":
    main()
