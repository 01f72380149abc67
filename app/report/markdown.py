"""A Verdict as Markdown for a pull request: short, the worst Cases folded."""

import re
from collections.abc import Iterable, Iterator

from app.display.scorecards import short_id
from app.report.report import CaseChange, GateReport, GivenAnswer
from app.report.words import (
    asked,
    background,
    figure,
    interval,
    meaning,
    scored_again,
    signed,
    title,
)
from eval.gate.verdict import Finding, Outcome

_WORDS: dict[Outcome, str] = {"pass": "pass", "fail": "**fail**", "inconclusive": "*undecided*"}
_WORST = 5
_LENGTH = 600
# Of a question, an answer or a reason nothing may become markup, a mention or a reference.
_MARKUP = re.compile(r"[\\`*_\[\]|~#$<>&]|^(?:[-+=]|\d+(?=[.)]))")
_REFERENCE = re.compile(r"(@(?=\w)|#(?=\d))")
_AMPERSAND = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def verdict_markdown(report: GateReport) -> str:
    """Return the note; far below the 65,536 characters that GitHub takes."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: GateReport) -> Iterator[str]:
    yield f"## Winnow gate: {report.outcome}"
    yield ""
    yield plain(report.headline)
    yield ""
    yield _sides(report)
    yield ""
    if report.findings:
        yield "| | metric | baseline | candidate | difference | asked |"
        yield "|---|---|--:|--:|--:|---|"
        for each in report.findings:
            yield f"| {' | '.join(_row(each))} |"
        yield ""
    for each in report.findings:
        if each.outcome != "pass":
            yield f"- {plain(f'{title(each)}: {meaning(each)}')}"
    for line in (*scored_again(report), *background(report), *report.notes):
        yield f"- {plain(line)}"
    if report.lost:
        shown = report.lost[:_WORST]
        yield ""
        yield f"<details><summary>The {len(shown)} Cases that lost most</summary>"
        for case in shown:
            yield ""
            yield from _case(case)
        yield ""
        yield "</details>"


def _sides(report: GateReport) -> str:
    candidate = f"Candidate `{short_id(report.candidate.version)}`"
    if report.baseline is None:
        return f"{candidate}, a first release."
    named = f" ({plain(report.asked_by)})" if report.asked_by else ""
    changed = ", ".join(
        f"{plain(each.name)} {_setting(each.baseline)} → {_setting(each.candidate)}"
        for each in report.settings[:_WORST]
    )
    more = len(report.settings) - _WORST
    changed += f" and {more} more" if more > 0 else ""
    against = f"{candidate} against `{short_id(report.baseline.version)}`{named}."
    return against + (f" Changed: {changed}." if changed else " Same settings.")


def _setting(value: object) -> str:
    return "–" if value is None else plain(_cut(str(value), 60))


def _row(each: Finding) -> Iterable[str]:
    bounds = interval(each.low, each.high)
    return (
        _WORDS[each.outcome],
        plain(title(each)) + ("" if each.higher_is_better else " ↓"),
        figure(each.baseline),
        figure(each.candidate),
        signed(each.difference) + (f" ({bounds})" if bounds else ""),
        asked(each),
    )


def _case(each: CaseChange) -> Iterator[str]:
    stage = f", lost by {plain(each.stage)}" if each.stage else ""
    yield f"**{plain(each.id)}** ({signed(each.difference)}{stage}): {plain(each.question)}"
    yield ""
    if each.answerable:
        yield f"- asked for: {plain(_cut(each.reference, _LENGTH))}"
    for name, answer in (("baseline", each.baseline), ("candidate", each.candidate)):
        if answer is not None:
            yield f"- {name}: {plain(_cut(_said(answer), _LENGTH))}"


def _said(answer: GivenAnswer) -> str:
    if answer.error is not None:
        return f"error: {answer.error}"
    return " ".join(each.text for each in answer.sentences) or "abstained"


def plain(text: str) -> str:
    """Escape a text so that GitHub shows it as it is: no markup, no mention, one line."""
    one_line = " ".join(text.split())
    escaped = _MARKUP.sub(_escaped, one_line)
    return _REFERENCE.sub("\\1\u2060", escaped)


def _escaped(found: re.Match[str]) -> str:
    text = found[0]
    if text[0].isdigit():
        return f"{text}\u2060"
    return _AMPERSAND.get(text, f"\\{text}")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 2].rsplit(" ", 1)[0] + " …"
