"""`winnow app`: the workbench in the browser."""

import webbrowser
from typing import Annotated

import typer

from app.catalogue import open_library
from app.options import WorkspaceOption
from app.workspace import find_workspace

HostOption = Annotated[
    str, typer.Option("--host", envvar="WINNOW_HOST", help="0.0.0.0 lets other machines in.")
]
PortOption = Annotated[int, typer.Option("--port", envvar="WINNOW_PORT", min=1, max=65535)]
BrowserOption = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")]


def workbench(
    host: HostOption = "127.0.0.1",
    port: PortOption = 7860,
    browser: BrowserOption = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Open the workbench: scored Versions side by side."""
    library = open_library(find_workspace(workspace))
    from app.workbench.server import launch

    def announce(url: str) -> None:
        typer.echo(f"the workbench is at {url} (stop it with Ctrl+C)")
        if browser:
            webbrowser.open(url)

    launch(library, host, port, announce)
