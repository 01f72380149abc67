"""DVC's configuration of remotes as people write it, for tests that need no `dvc remote`."""

from collections.abc import Mapping

from app.workspace import Workspace


def write_remotes(
    place: Workspace,
    default: str | None = None,
    remotes: Mapping[str, Mapping[str, str]] | None = None,
    *,
    git: bool = False,
) -> None:
    """Name remotes with their options; a workspace outside git says so in the same file."""
    core = ([] if git else ["no_scm = True"]) + ([f"remote = {default}"] if default else [])
    sections = ["[core]", *core, *_sections(remotes or {})]
    (place.root / ".dvc" / "config").write_text("\n".join([*sections, ""]), encoding="utf-8")


def write_secrets(place: Workspace, remote: str, options: Mapping[str, str]) -> None:
    """Give options of a remote where no git sees them."""
    text = "\n".join([*_sections({remote: options}), ""])
    (place.root / ".dvc" / "config.local").write_text(text, encoding="utf-8")


def _sections(remotes: Mapping[str, Mapping[str, str]]) -> list[str]:
    lines = []
    for name, options in remotes.items():
        lines.append(f"['remote \"{name}\"']")
        lines += [f"{option} = {value}" for option, value in options.items()]
    return lines
