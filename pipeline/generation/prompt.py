"""Prompt: a template of what a language model is told, and the data that is filled into it.

Data comes from documents and users, so that it is quoted: it may hold no tag of a prompt.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.answer import Passage, Turn
from pipeline.errors import ParamsError
from pipeline.files import hash_text

SUFFIX = ".md"
NOT_IN_DOCUMENTS = "NOT IN THE DOCUMENTS"
"""The whole answer of a model that does not find one in the passages."""

ANSWERING = frozenset({"passages", "question"})
"""What is filled in where an answer is asked for."""
CONDENSING = frozenset({"conversation", "question"})
"""What is filled in where a follow-up is made a question of its own."""

_SHIPPED = Path(__file__).parent.parent / "prompts"
_PARTS = re.compile(r"\s*# System\n(?P<system>.+?)\n# User\n(?P<user>.+)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{(passages|question|conversation)\}")
_TAGS = ("passage", "question", "conversation", "turn")
_BRACKETS = re.compile("[<＜﹤]")
# What chat templates of known models turn into a change of speaker.
_SPEAKER_MARKS = re.compile(
    r"<(?=[|｜])|<(?=/?s>)|<(?=<?/?SYS>)|<(?=(?:start|end)_of_turn)|\[(?=/?(?:SYSTEM_)?INST\])",
    re.IGNORECASE,
)
_ESCAPES = {"[": "&#91;"}
_LOOKAHEAD = 64
_SOURCE_LENGTH = 200
_WITHIN_QUOTES = str.maketrans({'"': "'", "<": "‹", ">": "›"})
# Persian, Hindi and emoji are spelled with the two joiners.
_KEPT = frozenset("\t\n\u200c\u200d")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is told: `system` is ours alone, `user` has placeholders for data.

    `{passages}`, `{question}` and `{conversation}` are placeholders; any other brace is text.
    """

    id: str
    text: str
    system: str
    user: str

    @property
    def hash(self) -> str:
        """Content hash of the template."""
        return hash_text(self.text)

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the user's part with its placeholders filled, once: values are not looked into."""
        return _PLACEHOLDER.sub(lambda found: values[found[1]], self.user)

    def require(self, placeholders: frozenset[str], sentence: str = "") -> "Prompt":
        """Return this Prompt if it has exactly these placeholders, and the sentence.

        Raises:
            ParamsError: it lacks one, has another, or does not hold the sentence.
        """
        found = set(_PLACEHOLDER.findall(self.user))
        for name in sorted(placeholders - found):
            raise _fault(self.id, f"lacks the placeholder {{{name}}} below `# User`")
        for name in sorted(found - placeholders):
            raise _fault(self.id, f"has a placeholder {{{name}}} that nothing fills")
        if sentence not in self.system:
            raise _fault(self.id, f"does not tell the model to say {sentence}")
        return self


def parse_prompt(prompt_id: str, text: str) -> Prompt:
    """Return the Prompt in a template: a line `# System` and its text, then one `# User`.

    Raises:
        ParamsError: a part is missing, or data would stand in the system's part.
    """
    text = text.replace("\r\n", "\n")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise _fault(prompt_id, "needs a line `# System` and a line `# User`, each with text below")
    system, user = parts["system"].strip(), parts["user"].strip()
    if misplaced := _PLACEHOLDER.search(system):
        raise _fault(prompt_id, f"has {misplaced[0]} below `# System`; move it below `# User`")
    return Prompt(prompt_id, text, system, user)


def shipped_prompt(prompt_id: str) -> Prompt:
    """Return a template of `pipeline/prompts`, by its name without the ending.

    Raises:
        ParamsError: there is no such template, or it cannot be used.
    """
    shipped = {path.stem: path for path in sorted(_SHIPPED.glob(f"*{SUFFIX}"))}
    if prompt_id not in shipped:
        raise ParamsError(
            f"no prompt {prompt_id!r} in pipeline/prompts; there are {', '.join(shipped)}"
        )
    return parse_prompt(prompt_id, shipped[prompt_id].read_text("utf-8"))


def quoted(text: str) -> str:
    """Return a text that can neither close the tag it stands in nor open another.

    `<` becomes `&lt;` where one of the prompt's tags would follow, however it is spelled, and
    where a model's own mark of a new speaker would. Control, format and private characters go;
    all else stays as it is.
    """
    text = _seen(text)
    text = _BRACKETS.sub(lambda found: _escaped(found, text), text)
    return _SPEAKER_MARKS.sub(lambda found: _ESCAPES.get(found.group(), "&lt;"), text)


def passage_block(passage: Passage, text: str | None = None) -> str:
    """Return a passage, or the part of it that fits, within its tag and under its rank."""
    source = " ".join(quoted(passage.place).translate(_WITHIN_QUOTES).split())[:_SOURCE_LENGTH]
    body = quoted(passage.text if text is None else text).strip()
    return f'<passage id="{passage.rank}" source="{source}">\n{body}\n</passage>'


def turn_block(turn: Turn) -> str:
    """Return a question and its answer within the tag of a turn."""
    return f"<turn>\nQ: {quoted(turn.question).strip()}\nA: {quoted(turn.answer).strip()}\n</turn>"


def _seen(text: str) -> str:
    text = re.sub("\r\n?|[\u2028\u2029]", "\n", text)
    return "".join(
        each for each in text if each in _KEPT or unicodedata.category(each) not in _UNSEEN
    )


def _escaped(bracket: re.Match[str], text: str) -> str:
    """Escape a bracket that a tag follows in any spelling: wide, spaced, joined, in capitals."""
    following = unicodedata.normalize("NFKC", text[bracket.end() : bracket.end() + _LOOKAHEAD])
    letters = "".join(each for each in following if each.isalnum()).casefold()
    return "&lt;" if letters.startswith(_TAGS) else bracket.group()


def _fault(prompt_id: str, what: str) -> ParamsError:
    return ParamsError(f"the prompt {prompt_id!r} {what}")
