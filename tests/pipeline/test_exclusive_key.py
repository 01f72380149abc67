import threading
import time

import pytest

from pipeline.errors import HaltError
from pipeline.exclusive_key import ExclusiveKey


def test_one_key_is_held_once_at_a_time_and_others_meanwhile() -> None:
    keys = ExclusiveKey()
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with keys.held("k", lambda: None):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(5)]
    with keys.held("another", lambda: None):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == [1] * 5


def test_a_wait_for_a_key_ends_when_told() -> None:
    def halt() -> None:
        raise HaltError("stopped")

    keys = ExclusiveKey()
    with keys.held("k", lambda: None), pytest.raises(HaltError), keys.held("k", halt):
        pass
    with keys.held("k", halt):
        pass
