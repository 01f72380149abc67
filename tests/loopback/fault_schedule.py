"""FaultSchedule: which calls meet a fault, whatever they ask."""

import threading
from collections import Counter

from tests.loopback.behaviour import Behaviour
from tests.loopback.call import Call, share_of


class FaultSchedule:
    """Draws by the number of the call, so that no content attracts or avoids faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn = 0
        self._given = 0
        self._run: Counter[str] = Counter()

    def draw(self, call: Call, behaviour: Behaviour) -> str | None:
        """Return the kind of fault that this call meets, or None.

        Kinds come in turn, so that each is as frequent as the others. A request that met
        `fault_run` of them in a row is answered.
        """
        if not behaviour.faults or not behaviour.fault_kinds:
            return None
        with self._lock:
            if behaviour.fault_run and self._run[call.digest] >= behaviour.fault_run:
                self._run[call.digest] = 0
                return None
            self._drawn += 1
            if share_of("fault", behaviour.seed, self._drawn) >= behaviour.faults:
                self._run[call.digest] = 0
                return None
            self._run[call.digest] += 1
            self._given += 1
            return behaviour.fault_kinds[(self._given - 1) % len(behaviour.fault_kinds)]
