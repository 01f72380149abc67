"""Answer metrics without a language model: word overlap with the reference answer."""

import unicodedata
from collections import Counter

_ENGLISH_ARTICLES = frozenset({"a", "an", "the"})


def answer_tokens(text: str) -> list[str]:
    """Return the words of a text as SQuAD compares them, in any script and language.

    SQuAD's normalisation lower-cases, drops punctuation and English articles. Here Unicode's
    punctuation and symbols part words instead of vanishing (`l'écran` is `l`, `écran`, and
    `30-day` is `30`, `day`), except between digits (`3.5`, `1,000`); accents are kept.
    French articles are kept: `l`, `la` and `les` are also pronouns.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    parted = "".join(_word_character(folded, at) for at in range(len(folded)))
    return [word for word in parted.split() if word not in _ENGLISH_ARTICLES]


def token_f1(reference: str, answer: str) -> float:
    """Return the F1 of the answer's words against the reference's, counted as multisets.

    Rajpurkar et al., "SQuAD", 2016. Two texts without any word are equal; one is not.
    """
    wanted, given = answer_tokens(reference), answer_tokens(answer)
    if not wanted or not given:
        return float(wanted == given)
    common = sum((Counter(wanted) & Counter(given)).values())
    return 2.0 * common / (len(wanted) + len(given))


def exact_match(reference: str, answer: str) -> float:
    """Return 1 if both texts have the same words in the same order, else 0."""
    return float(answer_tokens(reference) == answer_tokens(answer))


def _word_character(text: str, at: int) -> str:
    character = text[at]
    if unicodedata.category(character)[0] not in "PS":
        # A soft hyphen or a zero-width space stands inside a word.
        return "" if unicodedata.category(character) == "Cf" else character
    before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    inside_number = character in ".," and before.isdigit() and after.isdigit()
    return character if inside_number else " "
