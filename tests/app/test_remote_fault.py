"""Whatever a remote's client raises becomes one line that says what to do and keeps secrets."""

import pytest

from app.remote_fault import remote_fault, secrets_of


class NoCredentialsError(Exception):
    """Named as botocore names it."""


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (NoCredentialsError("Unable to locate credentials"), "set AWS_ACCESS_KEY_ID and"),
        (PermissionError("Access Denied"), "what their account may do there"),
        (FileNotFoundError("The specified bucket does not exist"), "make the bucket first"),
        (ConnectionRefusedError("refused"), "start it (`make s3` starts a local one)"),
        (TimeoutError(), "start it"),
        (ValueError("odd\n  thing"), "check `dvc remote list` and its credentials"),
    ],
)
def test_the_line_names_the_remote_the_reason_and_the_fix(error: Exception, fix: str) -> None:
    line = str(remote_fault("s3://models/x", "store", error, []))
    assert line.startswith(f"the remote s3://models/x cannot be used ({type(error).__name__}")
    assert fix in line
    assert "\n" not in line


def test_what_is_secret_is_not_shown() -> None:
    config = {
        "url": "s3://models",
        "access_key_id": "AKIA1234",
        "secret_access_key": "AKIA1234/longer",
        "password": None,
        "region": "eu-west-1",
    }
    said = "AKIA1234/longer of AKIA1234 at https://ada:pw@host/x in eu-west-1"
    line = str(remote_fault("s3://models", "store", OSError(said), secrets_of(config)))
    assert "*** of *** at https://***@host/x in eu-west-1" in line
