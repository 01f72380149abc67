"""Document recall: what was read of a folder beside the texts that were expected, by format."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.documents.document import Document
from pipeline.documents.raw_files import printable
from pipeline.documents.report import FileReport

TOTAL = "all"

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_IMAGE_DATA = re.compile(r"data:image/[^\s)\"'>]*")
_LINK = re.compile(r"!?\[([^\]]*)\]\((?:[^()\n]|\([^()\n]*\))*\)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class WordMatch:
    """How many words a text should hold, how many it holds, and how many of these are the same."""

    expected: int
    found: int
    shared: int

    @property
    def recall(self) -> float:
        """The share of the expected words that were found; 1 where none was expected."""
        return self.shared / self.expected if self.expected else 1.0


def match_words(expected: str, found: str) -> WordMatch:
    r"""Count the words that two texts share, each as often as it stands in both.

    A word is a run of letters, digits and `_` (regex `\w+`) in folded case, composed (NFC). HTML
    comments, image data, the targets of links, character references and Markdown's escapes are
    removed from both texts first; no other mark is a word. Order does not matter, and a language
    that puts no blanks between words is compared by whole runs.
    """
    wanted, got = _words(expected), _words(found)
    return WordMatch(wanted.total(), got.total(), (wanted & got).total())


@dataclass(frozen=True, slots=True)
class FormatRecall:
    """The files of one suffix: how many were read, and the words of those with an expected text.

    Seconds are summed over files, whichever worker read them. `matches` has one entry a file
    whose expected text holds a word; a quarantined file counts as read without a word.
    """

    name: str
    files: int
    read: int
    quarantined: int
    pages: int
    ocr_pages: int
    seconds: float
    matches: tuple[WordMatch, ...]

    @property
    def words(self) -> int:
        """How many words were expected."""
        return sum(match.expected for match in self.matches)

    @property
    def micro_recall(self) -> float | None:
        """The share of all expected words that was found."""
        return sum(match.shared for match in self.matches) / self.words if self.words else None

    @property
    def macro_recall(self) -> float | None:
        """The mean recall of a file."""
        recalls = [match.recall for match in self.matches]
        return sum(recalls) / len(recalls) if recalls else None

    @property
    def precision(self) -> float | None:
        """The share of all words found that was expected."""
        found = sum(match.found for match in self.matches)
        return sum(match.shared for match in self.matches) / found if found else None


def measure_recall(
    files: Sequence[FileReport], documents: Sequence[Document], expected: Path | None
) -> list[FormatRecall]:
    """Compare each file X with the text `expected`/X.md where there is one.

    Returns a row for each suffix, ordered by it, and a last one for all. A duplicate has the text
    of the file that it is the same as.
    """
    texts = {
        printable(path): document.text
        for document in documents
        for path in (document.path, *document.aliases)
    }
    measured = [(file, _match(file.path, texts.get(file.path, ""), expected)) for file in files]
    formats: dict[str, list[_Measured]] = {}
    for each in measured:
        suffix = PurePosixPath(each[0].path).suffix.lower().lstrip(".")
        formats.setdefault(suffix, []).append(each)
    return [*(_row(name, formats[name]) for name in sorted(formats)), _row(TOTAL, measured)]


_Measured = tuple[FileReport, WordMatch | None]
"""A file, and its words beside the expected ones."""


def _row(name: str, measured: Sequence[_Measured]) -> FormatRecall:
    files = [file for file, _ in measured]
    quarantined = sum(file.status == "quarantined" for file in files)
    return FormatRecall(
        name,
        files=len(files),
        read=len(files) - quarantined,
        quarantined=quarantined,
        pages=sum(file.pages for file in files),
        ocr_pages=sum(file.ocr_pages for file in files),
        seconds=sum(file.seconds or 0.0 for file in files),
        matches=tuple(match for _, match in measured if match),
    )


def _match(path: str, text: str, expected: Path | None) -> WordMatch | None:
    """Count the words of a file, or return None where no text, or none with words, is expected."""
    wanted = expected / f"{path}.md" if expected else None
    if wanted is None or not wanted.is_file():
        return None
    match = match_words(wanted.read_text(encoding="utf-8"), text)
    return match if match.expected else None


def _words(text: str) -> Counter[str]:
    text = _IMAGE_DATA.sub(" ", _COMMENT.sub(" ", text))
    text = _ESCAPE.sub(r"\1", html.unescape(_LINK.sub(r"\1 ", text)))
    found = _WORD.findall(unicodedata.normalize("NFC", text).casefold())
    # `_` is a mark of emphasis at the edge of a word and a letter of a name inside it.
    words = (word.strip("_") for word in found)
    return Counter(word for word in words if word)
