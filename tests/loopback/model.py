"""Model: the fake model, which says what its settings ask for."""

import threading
from collections import Counter
from typing import Any

from tests.loopback.answering import bad_answer, good_answer
from tests.loopback.behaviour import Behaviour
from tests.loopback.call import Call, share_of
from tests.loopback.condensing import standalone
from tests.loopback.failure import Failure
from tests.loopback.judging import Mind, judged_input, judgement
from tests.loopback.malformation import malformed
from tests.loopback.reply import Reply
from tests.loopback.schema_instance import instance
from tests.loopback.tagged_prompt import tagged_prompt
from tests.loopback.wanted import Wanted, wanted_by


class Model:
    """Thread-safe; remembers only what it was already malformed about."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._malformed: Counter[str] = Counter()

    def reply(self, call: Call, repeat: int, behaviour: Behaviour) -> Reply | Failure:
        """Return the reply to a request that was answered `repeat` times before."""
        wanted = wanted_by(call)
        said = (
            Reply(self._text(call, repeat, behaviour))
            if wanted is None
            else self._object(call, wanted, repeat, behaviour)
        )
        if isinstance(said, Failure):
            return said
        return said.within(call.body.get("max_completion_tokens", call.body.get("max_tokens")))

    def _text(self, call: Call, repeat: int, behaviour: Behaviour) -> str:
        prompt = tagged_prompt(call)
        if behaviour.answers == "obedient" and prompt.order is not None:
            return prompt.order
        if prompt.conversation is not None:
            return standalone(prompt)
        if behaviour.answers == "bad":
            return bad_answer(call.digest)
        return good_answer(prompt, repeat if behaviour.answers == "fickle" else 0)

    def _object(
        self, call: Call, wanted: Wanted, repeat: int, behaviour: Behaviour
    ) -> Reply | Failure:
        given = judged_input(call)
        fickle = behaviour.judge == "fickle"
        drawn_by = (behaviour.seed, call.digest, repeat)
        mind = Mind(behaviour.judge, behaviour.fickleness, drawn_by)
        judged = judgement(given, mind, repeat if fickle else 0) if given is not None else None
        content = _fitted(judged, wanted)
        kind = self._malformation(str(given or call.digest), behaviour)
        return wanted.reply(content) if kind is None else malformed(kind, call, wanted, content)

    def _malformation(self, subject: str, behaviour: Behaviour) -> str | None:
        """Return how the reply on a subject is malformed; asking again keeps the subject."""
        kinds = behaviour.malformed_kinds
        drawn = share_of("malformed", behaviour.seed, subject)
        if not kinds or drawn >= behaviour.malformed:
            return None
        with self._lock:
            given = self._malformed[subject]
            if given and not behaviour.malformed_always:
                return None
            self._malformed[subject] += 1
        return kinds[int(share_of("kind", behaviour.seed, subject) * len(kinds))]


def _fitted(judged: dict[str, Any] | None, wanted: Wanted) -> dict[str, Any]:
    """Return what the schema takes of a judgement; all else it needs is as little as can be."""
    least = instance(wanted.schema)
    content = dict(least) if isinstance(least, dict) else {}
    names = wanted.schema.get("properties", {})
    return content | {name: value for name, value in (judged or {}).items() if name in names}
