"""Answers of language models in a real Chromium: they grow, are stopped, and are followed up."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.app.workbench.open_page import Open, ask, assert_fits
from tests.app.workbench.sample_library import PRICE, RETURNS, version_id

pytestmark = [pytest.mark.browser, pytest.mark.thorough]
FOLLOW_UP = "And what of trade customers?"
ANY = "How long does a customer have?"


def models(open_page: Open, *names: str, width: int = 1440) -> Page:
    """Open the page with these Versions chosen."""
    wanted = ",".join(version_id(name)[:8] for name in names)
    page = open_page("models", f"?versions={wanted}", width)
    expect(page.locator("tr.chosen")).to_have_count(len(names))
    expect(page.get_by_text("No question yet")).to_be_visible()
    return page


def begin(page: Page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_label("Question").press("Enter")


def top(page: Page, selector: str) -> float:
    return float(page.locator(selector).evaluate("each => each.getBoundingClientRect().top"))


def test_a_column_grows_while_its_model_writes(open_page: Open) -> None:
    page = models(open_page, "small", "keyless", "writer")
    begin(page, ANY)
    column = page.locator("article[data-slot=C]")
    expect(column.locator(".took")).to_contain_text("Writing")
    expect(page.locator(".summary")).to_have_text("Asking 3 Versions, 2 done")
    expect(page.locator("article[data-slot=B] .fault")).to_contain_text("GROQ_API_KEY is not set")
    early = column.locator(".answer").inner_text()
    head = top(page, "article[data-slot=C] .answer")
    expect(column.locator(".notes")).to_contain_text("broke off once")
    expect(page.locator(".w-results[aria-busy=false]")).to_be_visible()
    assert len(column.locator(".answer").inner_text()) > len(early)
    assert top(page, "article[data-slot=C] .answer") == head
    expect(column.locator(".took")).to_contain_text("432 tokens")


def test_what_a_person_opened_stays_open_while_the_answer_grows(open_page: Open) -> None:
    page = models(open_page, "small", "writer")
    begin(page, ANY)
    column = page.locator("article[data-slot=B]")
    for summary in (".uncited > summary", "#passage-B-2 > summary"):
        column.locator(summary).evaluate("each => each.click()")
    expect(column.locator("#passage-B-2 .text")).to_be_visible()
    before = column.locator(".answer").inner_text()
    page.wait_for_function(
        "before => document.querySelector('article[data-slot=B] .answer').innerText !== before",
        arg=before,
    )
    expect(column.locator("#passage-B-2 .text")).to_be_visible()
    expect(page.locator(".w-results[aria-busy=false]")).to_be_visible()
    expect(column.locator("#passage-B-2 .text")).to_be_visible()


def test_a_slow_model_can_be_stopped_with_the_keyboard(open_page: Open) -> None:
    page = models(open_page, "small", "writer")
    begin(page, ANY)
    expect(page.locator("article[data-slot=B] .took")).to_contain_text("Writing")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Stop", exact=True).press("Enter")
    expect(page.locator("article[data-slot=B]")).to_contain_text("Stopped before")
    expect(page.locator(".summary")).to_contain_text("B was stopped")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    ask(page, PRICE)


def test_a_follow_up_is_understood_by_what_was_said(open_page: Open) -> None:
    page = models(open_page, "small", "crowded")
    follow = page.get_by_label("Follow up on the answers below")
    expect(follow).to_be_disabled()
    ask(page, RETURNS)
    expect(follow).to_be_enabled()
    follow.press("Space")
    expect(page.get_by_label("Question")).to_have_value("")
    for question in (FOLLOW_UP, "Since when?"):
        begin(page, question)
        expect(page.locator(".w-results[aria-busy=false] h2")).to_have_text(question)
        expect(page.get_by_label("Question")).to_have_value("")
    column = page.locator("article[data-slot=B]")
    expect(column.locator(".taken")).to_have_text(f"Taken as: {FOLLOW_UP} Since when?")
    expect(page.locator(".follows")).to_contain_text(RETURNS)
    column.locator(".earlier > summary").press("Enter")
    expect(column.locator(".earlier .question")).to_have_text([RETURNS, FOLLOW_UP])
    expect(page).to_have_url(re.compile("case=returns-01"))


def test_picking_a_case_ends_a_conversation(open_page: Open) -> None:
    page = models(open_page, "small", "crowded")
    ask(page, ANY)
    page.get_by_label("Follow up on the answers below").check()
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".w-results[aria-busy=false] h2")).to_have_text(RETURNS)
    expect(page.locator(".w-case")).to_be_visible()
    expect(page.locator(".follows")).to_have_count(0)
    expect(page.get_by_label("Follow up on the answers below")).not_to_be_checked()


def test_an_empty_question_keeps_the_conversation(open_page: Open) -> None:
    page = models(open_page, "small", "crowded")
    ask(page, ANY)
    begin(page, " ")
    expect(page.get_by_text("The question is empty")).to_be_visible()
    page.get_by_label("Follow up on the answers below").check()
    begin(page, FOLLOW_UP)
    expect(page.locator(".follows")).to_contain_text(ANY)


def test_nothing_scrolls_sideways_on_a_phone_while_models_write(open_page: Open) -> None:
    page = models(open_page, "small", "writer", "keyless", "crowded", width=390)
    begin(page, ANY)
    expect(page.locator("article[data-slot=B] .took")).to_contain_text("Writing")
    assert_fits(page)
    expect(page.locator(".w-results[aria-busy=false]")).to_be_visible()
    page.get_by_label("Follow up on the answers below").check()
    begin(page, FOLLOW_UP)
    expect(page.locator(".follows")).to_be_visible()
    assert_fits(page)
