"""An address as it may be shown."""

import pytest

from pipeline.errors import bare_address


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("s3://bucket/folder", "s3://bucket/folder"),
        ("https://ada:pw@host:8080/a?sig=x#y", "https://host:8080/a"),
        ("ssh://ada@host/data", "ssh://host/data"),
        ("/mnt/store", "/mnt/store"),
        ("../store", "../store"),
    ],
)
def test_an_address_is_shown_without_credentials(url: str, bare: str) -> None:
    assert bare_address(url) == bare
