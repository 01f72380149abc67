"""Promotion rule: what a Verdict allows, and what somebody must take upon themselves."""

from dataclasses import dataclass
from typing import Literal

from eval.gate.verdict import Outcome
from eval.receipts.receipt import Grounds
from pipeline.errors import DataError


@dataclass(frozen=True, slots=True)
class Plea:
    """What whoever promotes says for it: a review of what is undecided, or an override.

    Raises:
        DataError: it says nothing, or both are given.
    """

    override: str | None = None
    reviewed: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no receipt could tell later."""
        if self.override is not None and self.reviewed is not None:
            raise DataError("--override and --reviewed: give the one that it is")
        for option, text in (("--override", self.override), ("--reviewed", self.reviewed)):
            if text is not None and not text.strip():
                raise DataError(f"{option} is empty; say why, as the receipt keeps it for ever")


@dataclass(frozen=True, slots=True)
class Permission:
    """Why a Version may be champion, and what was said for it; a pass needs no words."""

    grounds: Grounds
    reason: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a Version may not be champion, and the ways on, in one line."""

    why: str


def judge_plea(
    outcome: Outcome, plea: Plea, on_inconclusive: Literal["block", "review"]
) -> Permission | Refusal:
    """Say whether a Verdict, and what was said for the Version, make it champion.

    A pass does. What is inconclusive needs a review, where `gate.on_inconclusive` leaves it to one.
    An override does always: the receipt shows the Verdict beside the reason.
    """
    if outcome == "pass":
        return Permission("passed", None)
    if plea.override is not None:
        return Permission("override", plea.override.strip())
    override = 'promote it in spite of that with --override "REASON", which the receipt keeps'
    if outcome == "fail":
        unheard = "; a review decides only what is inconclusive" if plea.reviewed else ""
        return Refusal(f"the gate failed it{unheard}: improve it, or {override}")
    if on_inconclusive == "block":
        unheard = " and no reviewer decides" if plea.reviewed else ""
        return Refusal(
            "the gate was inconclusive, which blocks as `gate.on_inconclusive` says"
            f"{unheard}: measure more Cases, or {override}"
        )
    if plea.reviewed is None:
        return Refusal(
            "the gate was inconclusive, so a reviewer decides: look at `winnow gate --report DIR` "
            'and say --reviewed "WHAT YOU LOOKED AT", or measure more Cases'
        )
    return Permission("reviewed", plea.reviewed.strip())
