import pytest

from app.step_text import tell_step


def test_what_was_left_undone_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    tell_step("appended", "receipt 1 makes it champion")
    tell_step("unfinished", "the alias does not follow")
    printed = capsys.readouterr()
    assert printed.out == "receipt 1 makes it champion\n"
    assert printed.err == "warning: the alias does not follow\n"
