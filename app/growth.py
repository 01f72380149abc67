"""Growth: an Answer as far as it has been written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.answer import Answer

# A citation that is only half there may be taken for text at first.
_SLACK = 8


@dataclass(frozen=True, slots=True)
class Growth:
    """An Answer so far; `restarts` counts how often it was begun anew, `whole` ends it."""

    answer: Answer
    restarts: int = 0
    whole: bool = False


def growth(answers: Iterable[Answer]) -> Iterator[Growth]:
    """Follow an Answer as it is streamed; the last Growth is whole.

    An endpoint that breaks off is asked again, and the text begins anew: it is shorter than it
    was, and goes on. Text that shrinks at the very end was taken back, as when a model abstains.
    """
    before: Answer | None = None
    restarts, shrunk = 0, False
    for answer in answers:
        restarts += shrunk
        shrunk = before is not None and len(answer.text) + _SLACK < len(before.text)
        before = answer
        yield Growth(answer, restarts)
    if before is not None:
        yield Growth(before, restarts, whole=True)
