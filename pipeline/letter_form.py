"""Letter forms: ligatures, composed letters, and characters that nobody sees."""

import re
import unicodedata

_LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
}
_BLANKS = "\u00a0\u2007\u202f\x1c\x1d\x1e\x1f"
_SOFT_HYPHENS = "\u00ad\ufffe"
"""U+FFFE is what PDFium calls a hyphen at a line's end."""
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u2060\ufeff]")
_DIVIDING = re.compile(f"[{_SOFT_HYPHENS}](?=[ \t]*[\r\n])")
# Joiners shape Arabic, Indic and emoji sequences; between other letters they only hide.
_SHAPED = "\u0590-\u167f\u1681-\u1cff\u2600-\u2fff\u3001-\U0010ffff"
_IDLE_JOINER = re.compile(f"(?<![{_SHAPED}])[\u200c\u200d](?![{_SHAPED}])")
# Sorting marks takes the square of their number (CPython), so a pile of them stays as it is.
_PILE = re.compile(r"([^\w\s\x00-\x7f]{64,})")
_REPLACED = str.maketrans(
    {**_LIGATURES, **dict.fromkeys(_BLANKS, " "), **dict.fromkeys(_SOFT_HYPHENS, "")}
)


def plain_letters(text: str) -> str:
    """Write ligatures as letters, compose accents (NFC), and leave out what is invisible.

    A soft hyphen at a line's end is seen there, so it becomes a hyphen.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _DIVIDING.sub("-", _UNSEEN.sub("", text)).translate(_REPLACED)
    return _composed(_IDLE_JOINER.sub("", _composed(text)))


def _composed(text: str) -> str:
    if unicodedata.is_normalized("NFC", text):
        return text
    # Piles stand at odd places.
    parts = _PILE.split(text)
    parts[::2] = [unicodedata.normalize("NFC", part) for part in parts[::2]]
    return "".join(parts)
