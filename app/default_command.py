"""DefaultCommand: a group of commands, one of which needs no name."""

from typing import Any

from typer.core import TyperGroup

DEFAULT = "judge"


class DefaultCommand(TyperGroup):
    """Runs its command `judge` where the first word names none of its commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default's name first where no other is given."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)
