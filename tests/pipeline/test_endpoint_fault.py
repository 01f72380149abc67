from concurrent.futures import Future

import pytest
from tenacity import RetryError, retry, stop_after_attempt

from pipeline.endpoint_fault import find_fault
from pipeline.errors import QuotaError

OURS = QuotaError("used up")


def _raised(cause: BaseException) -> BaseException:
    try:
        try:
            raise cause
        except BaseException as error:
            raise RuntimeError("wrapped") from error
    except RuntimeError as wrapped:
        return wrapped


def test_an_error_is_found_below_others() -> None:
    assert find_fault(OURS) is OURS
    assert find_fault(_raised(_raised(OURS))) is OURS


def test_an_error_is_found_in_a_group() -> None:
    assert find_fault(ExceptionGroup("tasks", [ValueError("no"), _raised(OURS)])) is OURS  # type: ignore[list-item]


def test_an_error_is_found_in_the_last_attempt_of_a_retry() -> None:
    @retry(stop=stop_after_attempt(1))
    def call() -> None:
        raise OURS

    with pytest.raises(RetryError) as caught:
        call()
    caught.value.__cause__ = caught.value.__context__ = None
    assert find_fault(caught.value) is OURS


def test_another_library_s_error_holds_none_of_ours() -> None:
    future: Future[None] = Future()
    future.set_exception(ValueError("no"))
    assert find_fault(_raised(ValueError("no"))) is None
    circular = ValueError("no")
    circular.__context__ = _raised(circular)
    assert find_fault(circular) is None
