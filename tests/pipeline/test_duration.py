from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pipeline.duration import read_duration, read_retry_after


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7.66s", 7.66),
        ("2m59.56s", 179.56),
        ("14m24s", 864.0),
        ("1h2m", 3720.0),
        ("1d", 86_400.0),
        ("120ms", 0.12),
        ("20", 20.0),
        ("0.1", 0.1),
        ("1m0ms", 60.0),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "-1", "5 minutes", "m", "1e3", "nan"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert read_duration(text) is None


def test_a_retry_after_may_be_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert read_retry_after(moment) == pytest.approx(90, abs=5)
    assert read_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert read_retry_after("whenever") is None
