"""Notice: a state of the workbench in which there is something to do first."""

from collections.abc import Sequence

from app.workbench.rendering import render
from app.workbench.scored_version import ScoredVersion


def no_version() -> str:
    """Explain how the first Version is made."""
    return _notice(
        "No Version has been scored yet",
        [
            "A Version is made from your documents and your settings, "
            "then scored on the Cases. Build and score the first one:"
        ],
        ["winnow run"],
        retry="Look again",
    )


def one_version(version: ScoredVersion) -> str:
    """Explain how a second Version is made, with a setting that differs from the first."""
    size = version.record.scorecard.settings.get("chunk.size")
    other = size * 2 if isinstance(size, int) and not isinstance(size, bool) else 400
    return _notice(
        "One Version: make a second to compare it with",
        [
            "You can ask this one already. A second one comes from a changed setting, in a copy "
            "that leaves your files alone; it is listed here as soon as it is scored:"
        ],
        [f"dvc exp run --temp -S chunk.size={other}"],
        retry="Look again",
    )


def ledger_fault(reason: str) -> str:
    """Say that the ledger cannot be read, and why."""
    return _notice(
        "The recorded Versions cannot be read",
        [reason, "The ledger is the MLflow store that MLFLOW_TRACKING_URI names."],
        retry="Try again",
        kind="fault",
    )


def nothing_asked(cases: int) -> str:
    """Say what the space for the answers is for."""
    pick = f", or pick one of the {cases} Cases to see its reference answer too" if cases else ""
    return _notice("No question yet", [f"Ask anything the documents should answer{pick}."])


def empty_question() -> str:
    """Say that there is nothing to answer."""
    return _notice("The question is empty", ["Type a question, or pick a Case, then ask."])


def none_chosen() -> str:
    """Say that no Version is there to answer."""
    return _notice(
        "No Version is chosen", ["Check two to four Versions in the table above, then ask."]
    )


def _notice(
    title: str,
    paragraphs: Sequence[str],
    commands: Sequence[str] = (),
    *,
    retry: str | None = None,
    kind: str = "calm",
) -> str:
    return render(
        "notice", title=title, paragraphs=paragraphs, commands=commands, retry=retry, kind=kind
    )
