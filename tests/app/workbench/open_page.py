"""What a person does on an open page of the workbench."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

Open = Callable[..., Page]
"""Opens a state of the workbench, with a query and a width where given."""


def ask(page: Page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".w-results[aria-busy=false] h2")).to_have_text(question)


def assert_fits(page: Page) -> None:
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]
