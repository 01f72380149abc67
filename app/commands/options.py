"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace", help="Folder that the pipeline runs in; the clone you are in by default."
    ),
]
BuildOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder to build in; one below .winnow by default."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a setting, as chunk.size=200; repeat it for more.",
    ),
]
VersionOption = Annotated[
    str | None,
    typer.Option("--version", help="Start of an id, or `champion`; the last built by default."),
]
RemoteOption = Annotated[
    str | None,
    typer.Option(
        "--remote", metavar="NAME", help="A remote of DVC's by its name; the default one otherwise."
    ),
]
FormatOption = Annotated[Literal["table", "json"], typer.Option("--format", help="table or json")]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder", help="Folder that holds a Version, such as one fetched; needs no workspace."
    ),
]
