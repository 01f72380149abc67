"""`winnow app`: the workbench in the browser."""

import os
import sys
import webbrowser
from typing import Annotated

import typer

from app.commands.options import WorkspaceOption
from app.library import open_library
from app.workspace.workspace import find_workspace
from pipeline.errors import DataError

HostOption = Annotated[
    str, typer.Option("--host", envvar="WINNOW_HOST", help="0.0.0.0 lets other machines in.")
]
PortOption = Annotated[int, typer.Option("--port", envvar="WINNOW_PORT", help="Port to listen on.")]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")]


def workbench(
    host: HostOption = "127.0.0.1",
    port: PortOption = 7860,
    browser: BrowserOption = True,
    root: WorkspaceOption = None,
) -> None:
    """Open the workbench: scored Versions side by side."""
    if not 1 <= port <= 65535:
        raise DataError(f"--port {port}: choose one from 1 to 65535")
    workspace = find_workspace(root)
    from app.workbench.server import launch

    def announce(url: str) -> None:
        typer.echo(f"the workbench is at {url} (stop it with Ctrl+C)")
        if browser and _has_screen():
            webbrowser.open(url)

    with open_library(workspace) as library:
        launch(library, host, port, announce)


def _has_screen() -> bool:
    """Whether a browser can open a window; a text browser would take over the terminal."""
    return sys.platform != "linux" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())
