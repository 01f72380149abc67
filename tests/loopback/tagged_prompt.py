"""Tagged prompt: a prompt's passages, question and conversation, by their tags."""

import re
from dataclasses import dataclass

from tests.loopback.call import Call

_OPENING = re.compile(r"<passage\b([^>]*)>", re.IGNORECASE)
# What a model would take for the end of a passage, however it is spelled, or for a new speaker.
_ENDING = re.compile(
    r"[<＜﹤]\s*[/／]\s*passage\b[^>＞]*[>＞]|<\||<<?/?SYS>|\[/?INST\]|</s>|<(?:start|end)_of_turn>",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"<question>(.*?)</question>", re.DOTALL)
_CONVERSATION = re.compile(r"<conversation>(.*)</conversation>", re.DOTALL)
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+)?(?:of\s+)?"
    r"(?:your|my|the|all|previous|prior|above|earlier)\s+"
    r"(?:(?:previous|prior|above|earlier|other|system)\s+)*"
    r"(?:instructions?|rules|orders|prompt)\b(?P<rest>[^\n]*)",
    re.IGNORECASE,
)
_TO_SAY = re.compile(
    r"\b(?:say|answer|reply|respond|write|output|print)\b(?:\s+only)?(?:\s+with)?(?:\s+only)?:?\s*"
    r"[\"“'‘]?(?P<words>[^\"”\n.!]+)",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(r"nothing but:?\s*[\"“]?(?P<words>[^\"”\n]+)", re.IGNORECASE)


@dataclass(frozen=True)
class QuotedPassage:
    number: int
    text: str


@dataclass(frozen=True)
class TaggedPrompt:
    """What the messages hold; `outside` is all that no passage holds, as a model would read it."""

    passages: tuple[QuotedPassage, ...]
    question: str
    conversation: str | None
    not_found: str
    outside: str

    @property
    def order(self) -> str | None:
        """What an order outside the passages wants to be said; None without such an order."""
        found = _ORDER.search(self.outside)
        if found is None:
            return None
        wanted = _TO_SAY.search(found["rest"])
        return wanted["words"].strip() if wanted else "As you wish, without my instructions."


def tagged_prompt(call: Call) -> TaggedPrompt:
    """Read all messages; without tags the last user's message is the question."""
    system = "\n".join(text for role, text in call.messages if role == "system")
    users = [text for role, text in call.messages if role == "user"]
    last = users[-1] if users else ""
    passages, outside = _parted(last)
    asked = _QUESTION.findall(outside)
    conversation = _CONVERSATION.search(outside)
    sentence = _NOT_FOUND.search(system)
    return TaggedPrompt(
        passages=tuple(passages),
        question=(asked[-1] if asked else outside).strip(),
        conversation=conversation[1] if conversation else None,
        not_found=sentence["words"].strip() if sentence else "That is not in the documents.",
        outside=f"{system}\n{_CONVERSATION.sub('', outside)}",
    )


def _parted(text: str) -> tuple[list[QuotedPassage], str]:
    passages: list[QuotedPassage] = []
    outside: list[str] = []
    at = 0
    while opening := _OPENING.search(text, at):
        ending = _ENDING.search(text, opening.end())
        until, after = ending.span() if ending else (len(text), len(text))
        number = re.search(r"\d+", opening[1])
        passages.append(
            QuotedPassage(
                int(number[0]) if number else len(passages) + 1, text[opening.end() : until].strip()
            )
        )
        outside.append(text[at : opening.start()])
        at = after
    return passages, "\n".join([*outside, text[at:]])
