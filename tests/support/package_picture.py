"""The packages in their order, drawn from import-linter's contracts: `make picture` writes it."""

import ast
import textwrap
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "packages.svg"
_WIDTH, _GAP, _TOP, _MARGIN = 400, 8, 78, 20
_LINE, _LETTER = 14, 6.4
_STYLE = """
  text { font: 11px system-ui, sans-serif; fill: #4a5560 }
  .room { font: 700 17px system-ui, sans-serif; fill: #12344d }
  .name { font: 600 13px ui-monospace, monospace; fill: #12344d }
  .panel { fill: #f4f7f9; stroke: #d5dee5 }
  .package { fill: #fff; stroke: #7fa3bd }
  .module { fill: #fff; stroke: #a9b8c3; stroke-dasharray: 4 3 }
"""


def drawn() -> str:
    """Return the picture as SVG: a column a room, a row a layer, lower rows imported by upper."""
    rooms = ("app", "eval", "pipeline")
    columns = [
        _column(room, _MARGIN + place * (_WIDTH + 3 * _GAP)) for place, room in enumerate(rooms)
    ]
    height = max(bottom for _, bottom in columns) + _GAP
    width = 2 * _MARGIN + len(rooms) * (_WIDTH + 3 * _GAP) - 2 * _GAP
    panels = "".join(
        f'<rect class="panel" x="{_MARGIN + place * (_WIDTH + 3 * _GAP)}" y="8" rx="8" '
        f'width="{_WIDTH + _GAP}" height="{height - 8}"/>\n'
        for place in range(len(rooms))
    )
    foot = (
        f'<text x="{_MARGIN}" y="{height + 22}">A room imports the rooms to its right; a row the '
        "rows below it; boxes of one row not each other. Dashed: a module of the room itself."
        "</text>\n"
    )
    panels = f'<rect width="{width}" height="{height + 36}" fill="#fff"/>\n' + panels
    body = panels + "".join(text for text, _ in columns) + foot
    size = f'width="{width}" height="{height + 36}" viewBox="0 0 {width} {height + 36}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{_STYLE}</style>\n'
    return f"{head}{body}</svg>\n"


def layers(room: str) -> list[list[str]]:
    """Return a room's layers from the top, each with its packages and modules."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [contract] = [each for each in contracts if each.get("containers") == [room]]
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def _column(room: str, left: int) -> tuple[str, int]:
    text = f'<text class="room" x="{left + 12}" y="34">{room}</text>\n'
    for number, line in enumerate(textwrap.wrap(_charter(ROOT / room), int(_WIDTH / _LETTER))):
        text += f'<text x="{left + 12}" y="{52 + number * _LINE}">{escape(line)}</text>\n'
    top = _TOP
    for names in layers(room):
        width = (_WIDTH - _GAP * len(names)) // len(names)
        lines = [_lines(ROOT / room, name, width) for name in names]
        height = 28 + _LINE * max(map(len, lines))
        for place, (name, said) in enumerate(zip(names, lines, strict=True)):
            x = left + _GAP + place * (width + _GAP)
            text += "".join(_box(ROOT / room / name, x, top, width, height, said))
        top += height + _GAP
    return text, top


def _box(
    path: Path, left: int, top: int, width: int, height: int, said: list[str]
) -> Iterator[str]:
    kind = "package" if path.is_dir() else "module"
    yield f'<rect class="{kind}" x="{left}" y="{top}" rx="4" width="{width}" height="{height}"/>\n'
    yield f'<text class="name" x="{left + 8}" y="{top + 18}">{path.name}</text>\n'
    for number, line in enumerate(said, 1):
        y = top + 18 + number * _LINE
        yield f'<text x="{left + 8}" y="{y}">{escape(line)}</text>\n'


def _lines(room: Path, name: str, width: int) -> list[str]:
    return textwrap.wrap(_charter(room / name), int((width - 16) / _LETTER))


def _charter(path: Path) -> str:
    """Return the first sentence of a package, or of a module that crowns a room."""
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    said = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or ""
    return said.partition("\n\n")[0].replace("\n", " ").replace("`", "").removesuffix(".")


if __name__ == "__main__":
    PICTURE.write_text(drawn(), encoding="utf-8")
