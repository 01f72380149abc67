"""Word recall: how much of an expected text, in Markdown, was found in another."""

import html
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

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

    @property
    def precision(self) -> float:
        """The share of the words found that were expected; 1 where none was found."""
        return self.shared / self.found if self.found else 1.0


def match_words(expected: str, found: str) -> WordMatch:
    r"""Count the words that two texts share, each as often as it stands in both.

    A word is a run of letters, digits and `_` (regex `\w+`) in folded case, composed (NFC). HTML
    comments, image data, the targets of links, character references and Markdown's escapes are
    removed from both texts first; no other mark is a word. Order does not matter, and a language
    that puts no blanks between words is compared by whole runs.
    """
    wanted, got = _words(expected), _words(found)
    return WordMatch(wanted.total(), got.total(), (wanted & got).total())


def _words(text: str) -> Counter[str]:
    text = _IMAGE_DATA.sub(" ", _COMMENT.sub(" ", text))
    text = _ESCAPE.sub(r"\1", html.unescape(_LINK.sub(r"\1 ", text)))
    found = _WORD.findall(unicodedata.normalize("NFC", text).casefold())
    # `_` is a mark of emphasis at the edge of a word and a letter of a name inside it.
    words = (word.strip("_") for word in found)
    return Counter(word for word in words if word)
