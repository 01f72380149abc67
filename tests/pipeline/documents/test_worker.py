import os

import pytest

from pipeline.documents.worker import MachineLimits
from pipeline.errors import ParamsError


def test_without_variables_each_core_reads_under_the_defaults() -> None:
    limits = MachineLimits.from_environment({"WINNOW_READERS": " "})
    assert limits == MachineLimits(len(os.sched_getaffinity(0)), 900.0, 2048, allow_unread=False)


def test_variables_are_taken() -> None:
    environ = {
        "WINNOW_READERS": "3",
        "WINNOW_READ_SECONDS": "10",
        "WINNOW_READ_MEGABYTES": " 512 ",
        "WINNOW_ALLOW_UNREAD": "1",
    }
    assert MachineLimits.from_environment(environ) == MachineLimits(3, 10.0, 512, allow_unread=True)


@pytest.mark.parametrize("name", ["READERS", "READ_SECONDS", "READ_MEGABYTES"])
@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "1e3", "²"])
def test_a_bad_number_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ParamsError, match=f"WINNOW_{name} is '.+'; set a whole number above 0"):
        MachineLimits.from_environment({f"WINNOW_{name}": value})


def test_a_bad_switch_is_refused_by_name() -> None:
    with pytest.raises(ParamsError, match="WINNOW_ALLOW_UNREAD is 'yes'; set 1 for yes or 0"):
        MachineLimits.from_environment({"WINNOW_ALLOW_UNREAD": "yes"})
