"""A Chromium for the browser tests, from the PATH or from playwright, or the reason for none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--no-first-run",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a headless browser; skip the test where there is none."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        except Error as error:
            pytest.skip(f"no Chromium to drive ({str(error).splitlines()[0]}); install one")
        yield browser
        browser.close()
