"""Path patterns: globs that name Documents by their path below the raw folder."""

import fnmatch
from collections.abc import Iterable
from pathlib import PurePosixPath


def matches_any(relative: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern matches a relative path, as a whole or by its last part alone."""
    name = PurePosixPath(relative).name
    return any(
        fnmatch.fnmatchcase(relative, each) or fnmatch.fnmatchcase(name, each) for each in patterns
    )
