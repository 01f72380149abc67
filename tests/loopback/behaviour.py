"""Behaviour: everything the loopback server can be told to do."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

Answers = Literal["good", "bad", "obedient", "fickle"]
Judging = Literal["good", "bad", "fickle"]

CHOICES = {"answers": ("good", "bad", "obedient", "fickle"), "judge": ("good", "bad", "fickle")}

FAULTS = ("429", "500", "502", "503", "stall", "cut", "half")
MORE_FAULTS = ("silence",)

MALFORMATIONS = ("syntax", "schema", "empty", "refusal", "rejected")


@dataclass(frozen=True)
class Behaviour:
    """How the server answers, judges and fails; shares lie between 0 and 1."""

    answers: Answers = "good"
    judge: Judging = "good"
    fickleness: float = 0.3
    """Of `judge: fickle`: share of verdicts that are turned round."""
    seed: int = 0
    """Of faults, changed minds and malformed replies."""

    faults: float = 0.0
    """Share of calls that a fault of transport ends."""
    fault_kinds: tuple[str, ...] = FAULTS
    """Taken in turn; `silence` is one more."""
    fault_run: int = 1
    """Faults in a row that one and the same request meets at most; 0 for no limit."""
    retry_after: float = 0.1
    """Seconds that a fault of kind 429 asks to wait."""
    stall: float = 600.0
    """Seconds of silence before a stalled connection is closed, unless its client goes first."""
    delay: float = 0.0
    """Seconds before each reply."""

    malformed: float = 0.0
    """Share of judged requests that get a malformed reply."""
    malformed_kinds: tuple[str, ...] = MALFORMATIONS
    malformed_always: bool = False
    """Whether asking again gets another malformed reply."""

    quota: int | None = None
    """Whole replies, since the start or the last reset, before the day's tokens are used up."""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    minute: float = 60.0
    """Seconds that those limits count as a minute."""
    window: int | None = None
    """Tokens of a prompt at most."""

    key: str | None = None
    """The only key that is let in; None lets in any, and none."""
    models: tuple[str, ...] | None = None
    """The only models that are known; None knows all."""
    dimension: int = 256
    """Of embeddings, where a request does not say."""

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it can be {choices}")
        for name, known in (
            ("fault_kinds", FAULTS + MORE_FAULTS),
            ("malformed_kinds", MALFORMATIONS),
        ):
            unknown = set(getattr(self, name)) - set(known)
            if unknown:
                raise ValueError(f"{name} has {sorted(unknown)}; it can have {known}")

    def changed(self, **settings: Any) -> "Behaviour":
        """Return one with these settings, as JSON gives them.

        Raises:
            ValueError: a name or a value that is not known.
        """
        unknown = set(settings) - {field.name for field in fields(self)}
        if unknown:
            raise ValueError(f"unknown settings {sorted(unknown)}")
        known: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in settings.items()
        }
        return replace(self, **known)
