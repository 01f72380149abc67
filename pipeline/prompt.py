"""Prompt: a template of what a language model is told, with an id and a hash."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.digest import hash_text
from pipeline.errors import ParamsError

SUFFIX = ".md"
NOT_IN_DOCUMENTS = "NOT IN THE DOCUMENTS"
"""The whole answer of a model that does not find one in the passages."""

ANSWERING = frozenset({"passages", "question"})
"""What is filled in where an answer is asked for."""
CONDENSING = frozenset({"conversation", "question"})
"""What is filled in where a follow-up is made a question of its own."""

_PARTS = re.compile(r"\s*# System\n(?P<system>.+?)\n# User\n(?P<user>.+)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{(passages|question|conversation)\}")


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


def shipped_prompts() -> tuple[str, ...]:
    """Return the ids of the templates in `pipeline/prompts`."""
    return tuple(sorted(path.stem for path in _folder().glob(f"*{SUFFIX}")))


def shipped_prompt(prompt_id: str) -> Prompt:
    """Return a template of `pipeline/prompts`, by its name without the ending.

    Raises:
        ParamsError: there is no such template, or it cannot be used.
    """
    known = shipped_prompts()
    if prompt_id not in known:
        raise ParamsError(
            f"no prompt {prompt_id!r} in pipeline/prompts; there are {', '.join(known)}"
        )
    return parse_prompt(prompt_id, (_folder() / f"{prompt_id}{SUFFIX}").read_text("utf-8"))


def _folder() -> Path:
    return Path(__file__).parent / "prompts"


def _fault(prompt_id: str, what: str) -> ParamsError:
    return ParamsError(f"the prompt {prompt_id!r} {what}")
