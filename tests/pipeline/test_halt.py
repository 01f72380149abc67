import pytest

from pipeline.errors import BudgetError, HaltError, QuotaError
from pipeline.halt import Halt
from tests.instant_clock import InstantClock


def test_the_first_error_is_given_to_all_that_come_after() -> None:
    halt = Halt(InstantClock())
    halt.remember(BudgetError("first"))
    halt.remember(BudgetError("second"))
    for model in ("m", "n"):
        with pytest.raises(BudgetError, match="first"):
            halt.check(model)


def test_a_quota_halts_its_own_model_until_it_is_given_anew() -> None:
    clock = InstantClock()
    halt = Halt(clock)
    halt.remember(QuotaError("used up"), "m", 60)
    halt.check("n")
    with pytest.raises(QuotaError):
        halt.check("m")
    clock.wait(61)
    halt.check("m")
    halt.remember(QuotaError("again"), "m", 60)
    with pytest.raises(QuotaError, match="again"):
        halt.check("m")


def test_a_stopped_clock_halts_everything() -> None:
    clock = InstantClock()
    clock.stop()
    with pytest.raises(HaltError):
        Halt(clock).check("m")
