import time

import pytest

from app.transfer_progress import transfer_progress


class Screen:
    """A terminal that keeps what is written to it."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        return True


def test_the_bytes_of_all_files_are_one_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    with transfer_progress("uploading", 3000) as progress:
        one, two = progress.branched("a", "b"), progress.branched("c", "d")
        one.relative_update(1000)
        two.absolute_update(500)
        # The bar is drawn anew ten times a second at most.
        time.sleep(0.15)
        two.absolute_update(2000)
    assert "uploading" in screen.text
    assert "3.00k/3.00k" in screen.text


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with transfer_progress("uploading", 10) as progress:
        progress.branched("a", "b").relative_update(10)
    assert capsys.readouterr().err == ""
