import threading
from pathlib import Path

import pytest

from pipeline.call_gate import CallGate
from pipeline.endpoint import Endpoint
from pipeline.endpoint_fault import Fault
from pipeline.errors import HaltError, OutageError, QuotaError
from pipeline.halt import Halt
from pipeline.limit_memory import LimitMemory
from tests.instant_clock import InstantClock
from tests.opened_exchange import question

ADDRESS = "https://api.groq.com"


@pytest.fixture
def clock() -> InstantClock:
    return InstantClock()


@pytest.fixture
def gate(clock: InstantClock, tmp_path: Path) -> CallGate:
    endpoint = Endpoint("groq", ADDRESS, "k", attempts=2, calls=1, wait=100.0)
    return CallGate(endpoint, LimitMemory(tmp_path, ADDRESS), Halt(clock), clock)


def test_a_place_is_free_again_after_an_error(gate: CallGate) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"), gate.passed(question()):
            raise ValueError("broken")


def test_who_waits_for_a_place_learns_that_everything_halted(gate: CallGate) -> None:
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            with gate.passed(question("waits")):
                pass
        except HaltError as error:
            errors.append(error)

    with gate.passed(question()):
        thread = threading.Thread(target=wait)
        thread.start()
        gate.halted(question(), QuotaError("used up"), 60)
        thread.join(5)
    assert [str(error) for error in errors] == ["used up"]


def test_a_pause_holds_all_calls_of_a_model_back(gate: CallGate, clock: InstantClock) -> None:
    gate.refused(question(), Fault("status 429", 20.0, limited=True), 80.0)
    with gate.passed(question(model="another")):
        assert clock.waited == 0
    with gate.passed(question("next")):
        assert clock.waited == pytest.approx(20)


def test_a_limit_that_takes_longer_than_is_waited_is_a_quota(gate: CallGate) -> None:
    gate.note(
        question(),
        {
            "x-ratelimit-limit-requests": "10",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "24h",
        },
    )
    with pytest.raises(QuotaError, match=r"until \d\d:\d\d"), gate.passed(question()):
        pass


def test_a_reply_between_failures_keeps_the_breaker_closed(gate: CallGate) -> None:
    for _ in range(3):
        gate.failed(question(), Fault("status 503"))
    gate.answered(question(), 10)
    for _ in range(3):
        gate.failed(question(), Fault("status 503"))
    with pytest.raises(OutageError):
        gate.failed(question(), Fault("status 503"))
    with pytest.raises(OutageError):
        gate.check(question("another"))


def test_a_long_rest_is_kept_by_all_calls_of_the_model(gate: CallGate, clock: InstantClock) -> None:
    with pytest.raises(OutageError, match="left alone until"):
        gate.failed(question(), Fault("status 503", 3600.0))
    with pytest.raises(OutageError, match="left alone until"):
        gate.check(question("another"))
    clock.wait(3601)
    gate.check(question())
