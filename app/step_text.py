"""Step text: a step of a promotion or rollback, as the terminal shows it."""

import typer

from app.succession import Step


def tell_step(step: Step, text: str) -> None:
    """Print what was done on one line; what was left undone goes to stderr."""
    if step == "unfinished":
        typer.secho(f"warning: {text}", err=True, fg=typer.colors.YELLOW)
    else:
        typer.echo(text)
