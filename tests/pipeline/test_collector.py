"""The collector of garbage, made rarer but not switched off."""

import gc

from pipeline.collector import collect_rarely


def test_garbage_is_still_collected_but_rarely() -> None:
    before = gc.get_threshold()
    try:
        collect_rarely()
        assert gc.get_threshold()[0] > before[0] or before[0] >= 100_000
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)
