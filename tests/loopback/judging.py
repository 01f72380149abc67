"""Judging: replies to the prompts of RAGAS' metrics, from the words that texts share."""

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.loopback.call import Call, share_of
from tests.loopback.word_overlap import content, sentences, share_in, without_citations, words

_INPUT = re.compile(r"Now perform the same with the following input\s*input:\s*(?=\{)")
_NONCOMMITTAL = re.compile(
    r"not in the documents|do(?:es)? ?n[o']t (?:know|say|hold)|not sure|it depends|"
    r"no information|cannot (?:say|answer|be)",
    re.IGNORECASE,
)

_ENOUGH = 0.6
_SAME = 0.8
_USEFUL = 0.5


@dataclass(frozen=True)
class Mind:
    """A judge's mind: `good` says what the texts say, `bad` always 0.

    `fickle` turns a share of the verdicts round, drawn by what is given.
    """

    judge: str
    fickleness: float = 0.0
    drawn_by: tuple[object, ...] = ()

    def verdict(self, number: int, said: bool) -> int:
        """Return 0 or 1 on the statement of this number, of which the texts say so much."""
        turned = share_of("verdict", number, *self.drawn_by) < self.fickleness
        return int(self.judge != "bad" and said != (self.judge == "fickle" and turned))


def judged_input(call: Call) -> dict[str, Any] | None:
    """Return what a RAGAS prompt is about, or None where the request is something else."""
    for _, text in reversed(call.messages):
        if found := _INPUT.search(text):
            try:
                given, _ = json.JSONDecoder().raw_decode(text, found.end())
            except ValueError:
                return None
            return given if isinstance(given, dict) else None
    return None


def judgement(given: dict[str, Any], mind: Mind, turn: int = 0) -> dict[str, Any] | None:
    """Return the reply to one of RAGAS' inputs, or None to one that is not known.

    `turn` rotates lists, as a judge does that divides a text another way each time.
    """
    names = set(given)
    if names == {"context", "statements"}:
        return {"statements": _entailed(given["statements"], given["context"], mind)}
    if names == {"context", "question", "answer"}:
        return _recalled(given["answer"], given["context"], mind)
    if names == {"question", "answer"}:
        return {"statements": _statements(given["answer"], turn)}
    if names == {"response", "atomicity", "coverage"}:
        return {"claims": _statements(given["response"], turn)}
    if names == {"response"}:
        return _asked_back(given["response"], mind, turn)
    return None


def supported(statement: str, text: str) -> bool:
    """Return whether a text has most of a statement's words and all its numbers.

    A statement is also supported by a text that it repeats and adds to, as judges are lenient
    with terse references: "24 months" supports "The warranty lasts 24 months".
    """
    numbers = {word for word in content(statement) if word[0].isdigit()}
    said = share_in(statement, text) >= _ENOUGH and numbers <= set(words(text))
    return said or share_in(text, statement) >= _SAME


def _statements(text: str, turn: int) -> list[str]:
    found = sentences(without_citations(text)) or [text]
    start = turn % len(found)
    return found[start:] + found[:start]


def _entailed(statements: list[str], text: str, mind: Mind) -> list[dict[str, Any]]:
    return [
        {
            "statement": statement,
            "reason": f"{share_in(statement, text):.0%} of its words",
            "verdict": mind.verdict(number, supported(statement, text)),
        }
        for number, statement in enumerate(statements)
    ]


def _recalled(answer: str, text: str, mind: Mind) -> dict[str, Any]:
    """Return the reply for context recall and for context precision: the schema takes its part."""
    rows = [
        {
            "statement": row["statement"],
            "reason": row["reason"],
            "attributed": row["verdict"],
        }
        for row in _entailed(_statements(answer, 0), text, mind)
    ]
    share = share_in(answer, text)
    return {
        "classifications": rows,
        "reason": f"{share:.0%} of the answer's words",
        "verdict": mind.verdict(len(rows), share >= _USEFUL),
    }


def _asked_back(response: str, mind: Mind, turn: int) -> dict[str, Any]:
    """Return a question made of the answer's own words; a bad judge's is about something else."""
    telling = mind.verdict(0, not _NONCOMMITTAL.search(response))
    said = words(without_citations(response)) or ["nothing"]
    start = turn % len(said)
    about = said[start:] + said[:start] if telling else ["the", "weather", "tomorrow"]
    return {"question": f"What about {' '.join(about)}?", "noncommittal": 1 - telling}
