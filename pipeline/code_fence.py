"""Code fences: the parts of a Markdown text whose white space and line ends have a meaning."""

import re
from bisect import bisect_right

_LINE = re.compile(r"^[ \t>]*(?P<mark>`{3,}|~{3,})(?P<rest>.*)$", re.MULTILINE)


class CodeFences:
    """The spans from each opening fence to its closing one, as CommonMark pairs them.

    A fence that nothing closes is none: in text that is no Markdown it would hide the rest.
    """

    def __init__(self, text: str) -> None:
        """Find them in a text."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        opened: re.Match[str] | None = None
        for line in _LINE.finditer(text):
            if opened is None:
                opened = line if _opens(line) else None
            elif _closes(line, opened["mark"]):
                self._starts.append(opened.start())
                self._ends.append(line.end("mark"))
                opened = None

    def hold(self, position: int) -> bool:
        """Return whether a position lies in one."""
        found = bisect_right(self._starts, position) - 1
        return found >= 0 and position < self._ends[found]


def is_fence(line: str) -> bool:
    """Return whether a line could open or close a fence."""
    return _LINE.match(line) is not None


def _opens(line: re.Match[str]) -> bool:
    return line["mark"][0] == "~" or "`" not in line["rest"]


def _closes(line: re.Match[str], opening: str) -> bool:
    return line["mark"].startswith(opening) and not line["rest"].strip()
