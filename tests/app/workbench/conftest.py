"""The workbench in a Chromium: its states served once, and pages without a fault."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.workbench.chromium import chromium
from tests.app.workbench.open_page import Open
from tests.app.workbench.served import Served, serve_samples


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:  # noqa: ARG001 - no browser, no server
    with serve_samples() as served:
        yield served


@pytest.fixture
def open_page(browser: Browser, served: Served) -> Iterator[Open]:
    """Open a state; afterwards, no page may have met an error or asked another origin."""
    faults: list[str] = []
    contexts = []

    def open_page(state: str, query: str = "", width: int = 1440) -> Page:
        url = served.urls[state]
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(f"error on the page: {error}"))
        page.on("request", lambda request: _check_origin(request.url, url, faults))
        page.goto(url + query)
        expect(page.locator("#versions section").first).to_be_visible()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def _check_origin(requested: str, url: str, faults: list[str]) -> None:
    if not requested.startswith((url, "data:", "blob:")):
        faults.append(f"asked another origin: {requested}")
