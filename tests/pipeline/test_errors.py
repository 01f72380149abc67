"""What a message may show."""

import pytest

from pipeline.errors import public_address, without_secrets


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("s3://bucket/folder", "s3://bucket/folder"),
        ("https://ada:pw@host:8080/a?sig=x#y", "https://host:8080/a"),
        ("https://ada:p?w#@host/a", "https://host/a"),
        ("ssh://ada@host/data", "ssh://host/data"),
        ("/mnt/store", "/mnt/store"),
        ("../store", "../store"),
    ],
)
def test_an_address_is_shown_without_credentials(url: str, bare: str) -> None:
    assert public_address(url) == bare


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "at postgresql://ada:hunter2@host/db, https://token@host",
            "at postgresql://***@host/db, https://***@host",
        ),
        ("at https://ada:p@ss@host/x", "at https://***@host/x"),
        ("key hunter2, and hunter", "key ***, and ***"),
        ("a key of the store", "a key of the store"),
        (
            "mail ada@example.com about http://host/a@b",
            "mail ada@example.com about http://host/a@b",
        ),
    ],
)
def test_what_another_program_says_is_shown_without_secrets(text: str, shown: str) -> None:
    assert without_secrets(text, ["hunter", "key", "", "hunter2"]) == shown
