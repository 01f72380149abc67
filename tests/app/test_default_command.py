import pytest
import typer
from typer.testing import CliRunner

from app.default_command import DEFAULT, DefaultCommand


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ([], "judged None False"),
        (["1a2b"], "judged 1a2b False"),
        (["--fast"], "judged None True"),
        (["judge", "1a2b"], "judged 1a2b False"),
        (["measure"], "measured"),
    ],
)
def test_the_default_needs_no_name(line: list[str], said: str) -> None:
    group = typer.Typer(cls=DefaultCommand)

    @group.command(DEFAULT)
    def judge(candidate: str | None = typer.Argument(None), fast: bool = False) -> None:
        typer.echo(f"judged {candidate} {fast}")

    @group.command()
    def measure() -> None:
        typer.echo("measured")

    app = typer.Typer()
    app.add_typer(group, name="gate")
    app.command()(measure)
    assert CliRunner().invoke(app, ["gate", *line]).stdout.strip() == said
