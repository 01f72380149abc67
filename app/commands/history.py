"""`winnow history`: who made which Version champion, and whether every receipt holds."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.commands.options import FormatOption, RemoteOption, WorkspaceOption
from app.display.scorecards import short_id
from app.promotion.verification import check_copies, check_files, check_uploads
from app.workspace.workspace import Workspace, find_workspace
from eval.ledger.ledger import Ledger
from eval.receipts.chain import read_receipts
from eval.receipts.check import Checked, check_receipts
from eval.receipts.receipt import Receipt
from eval.receipts.signature import fingerprint, trusted_keys
from pipeline.errors import PrerequisiteError, RemoteError

_FINGERPRINT = len("SHA256:") + 10
_MINUTE = len("2026-11-21T09:30")


VerifyOption = Annotated[
    bool, typer.Option("--verify", help="Check every receipt, signature, copy and file.")
]
KeysOption = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        metavar="FILE",
        help="Public keys that must have signed, from the first signed receipt on and the last; "
        "WINNOW_TRUSTED_KEYS by default.",
    ),
]
NoRemoteOption = Annotated[
    bool, typer.Option("--no-remote", help="Leave out what lies at the remote.")
]
NoFilesOption = Annotated[
    bool, typer.Option("--no-files", help="Leave out the files of the Versions.")
]


def history(
    verify: VerifyOption = False,
    keys: KeysOption = None,
    remote: RemoteOption = None,
    no_remote: NoRemoteOption = False,
    no_files: NoFilesOption = False,
    output: FormatOption = "table",
    root: WorkspaceOption = None,
) -> None:
    """List promotions and rollbacks, newest first; with --verify exit 1 if any fault is found."""
    from eval.ledger.mlflow_ledger import ledger_at

    workspace = find_workspace(root)
    ledger = ledger_at(workspace.root, os.environ)
    if not verify:
        _show(read_receipts(ledger), ledger, None, output)
        return
    receipts, checked = check_receipts(ledger, trusted_keys(keys, os.environ))
    if not no_files:
        checked += check_files(workspace, receipts)
    if not no_remote:
        checked += _at_remote(workspace, ledger, receipts, remote)
    _show(receipts, ledger, checked, output)
    if checked.faults:
        raise typer.Exit(1)


def _at_remote(
    workspace: Workspace, ledger: Ledger, receipts: Sequence[Receipt], name: str | None
) -> Checked:
    """Check copies and objects at a remote; one that cannot be reached is a fault."""
    from app.storage.remote import open_remote

    try:
        with open_remote(workspace, name) as remote:
            if remote is None:
                return Checked(("no remote is configured: no copy was checked",), ())
            return check_copies(ledger, remote) + check_uploads(workspace, receipts, remote)
    except (PrerequisiteError, RemoteError) as error:
        return Checked((), (f"the remote was not checked: {error}; leave it out by --no-remote",))


def _show(
    receipts: Sequence[Receipt], ledger: Ledger, checked: Checked | None, output: str
) -> None:
    links = ledger.chain()
    last = links[-1].receipt if links else None
    if output == "json":
        typer.echo(json.dumps(_document(receipts, last, checked), indent=2, ensure_ascii=False))
        return
    if receipts:
        Console().print(history_table(receipts, last))
    else:
        typer.echo("no Version was promoted yet: begin with `winnow promote --first`")
    if checked is None:
        return
    typer.echo(f"checked: {', '.join(checked.said)}")
    for fault in checked.faults:
        typer.secho(f"fault: {fault}", fg=typer.colors.RED)
    if not checked.faults:
        typer.echo("no fault was found")


def _document(
    receipts: Sequence[Receipt], last: str | None, checked: Checked | None
) -> dict[str, object]:
    rows = [
        {
            **receipt.model_dump(mode="json", by_alias=True),
            "hash": receipt.hash,
            "champion": receipt.hash == last,
        }
        for receipt in reversed(receipts)
    ]
    if checked is None:
        return {"receipts": rows}
    return {"receipts": rows, "checked": list(checked.said), "faults": list(checked.faults)}


def history_table(receipts: Sequence[Receipt], last: str | None) -> Table:
    """Return receipts, given oldest first, newest first; that of the hash `last` is in force."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("when, who", overflow="fold")
    table.add_column("version", no_wrap=True)
    table.add_column("grounds", overflow="fold")
    table.add_column("receipt", no_wrap=True)
    for receipt in reversed(receipts):
        champion = " ★" if receipt.hash == last else ""
        before = short_id(receipt.from_) if receipt.from_ else "–"
        signer = fingerprint(receipt.signer)[:_FINGERPRINT] if receipt.signer else "not signed"
        table.add_row(
            str(receipt.number),
            # Text takes what people wrote as it is, markup included.
            Text(f"{receipt.when[:_MINUTE].replace('T', ' ')}\n{receipt.who}"),
            f"{before}\n→ {short_id(receipt.to)}{champion}",
            Text(_grounds(receipt)),
            f"{short_id(receipt.hash)}\n{signer}",
        )
    table.caption = "★ champion; times in UTC"
    return table


def _grounds(receipt: Receipt) -> str:
    """Return what was done and why, with the reason that somebody gave."""
    made = "rolled back" if receipt.kind == "rollback" else f"promoted, {receipt.grounds}"
    return f"{made}: {receipt.reason}" if receipt.reason else made
