"""The workbench in a real Chromium, served by a real process."""

import re

import pytest
from playwright.sync_api import expect

from tests.app.workbench.open_page import Open, ask, assert_fits
from tests.app.workbench.sample_library import ATTACK, PRICE, RETURNS, version_id
from tests.app.workbench.served import Served

pytestmark = pytest.mark.browser


def test_two_versions_answer_side_by_side(open_page: Open) -> None:
    page = open_page("two")
    expect(page.locator("input[data-version]:checked")).to_have_count(2)
    expect(page.get_by_text("No question yet")).to_be_visible()
    ask(page, RETURNS)
    left, right = (page.locator(f"article[data-slot={letter}]") for letter in "AB")
    expect(left.locator(".answer")).to_contain_text("within 14 days of delivery")
    expect(right.locator(".sentence.only")).to_contain_text("It is enough that the customer")
    expect(page.locator(".w-results .summary")).to_contain_text("1 passage only in A")
    one, other = left.bounding_box(), right.bounding_box()
    assert one is not None
    assert other is not None
    assert one["y"] == other["y"]
    assert one["x"] + one["width"] <= other["x"]
    expect(left.locator(".took")).to_contain_text("generate")


def test_a_citation_opens_its_passage_and_takes_the_focus(open_page: Open) -> None:
    page = open_page("two")
    ask(page, RETURNS)
    passage = page.locator("#passage-A-2")
    expect(passage.locator(".text")).to_be_hidden()
    page.locator("article[data-slot=A] a.cite", has_text="[2]").press("Enter")
    expect(passage.locator(".text")).to_be_visible()
    expect(passage.locator(".text mark")).to_have_text(
        "Private customers may return goods within 14 days of delivery."
    )
    expect(passage.locator("summary")).to_be_focused()


def test_another_question_closes_what_was_open(open_page: Open) -> None:
    page = open_page("two")
    ask(page, RETURNS)
    page.locator("article[data-slot=A] a.cite").first.click()
    ask(page, PRICE)
    expect(page.locator("article[data-slot=A]")).to_contain_text("Abstained.")
    expect(page.locator("details.passage[open]")).to_have_count(0)


def test_versions_are_chosen_with_the_keyboard_and_keep_their_letters(open_page: Open) -> None:
    page = open_page("five")
    boxes = page.locator("input[data-version]")
    expect(page.locator("tr.chosen")).to_have_count(2)
    for name in ("large", "hostile"):
        page.locator(f"input[data-version='{version_id(name)}']").press("Space")
        expect(page.locator(f"tr.chosen:has([data-version='{version_id(name)}'])")).to_be_visible()
    expect(page.locator("#versions .hint")).to_contain_text("4 chosen")
    expect(boxes.locator("xpath=self::*[@disabled]")).to_have_count(1)
    page.locator(f"input[data-version='{version_id('small')}']").press("Space")
    expect(page.locator("tr.chosen")).to_have_count(3)
    ask(page, RETURNS)
    letters = page.locator("article").evaluate_all("all => all.map(each => each.dataset.slot)")
    assert letters == ["B", "C", "D"]


def test_sorting_and_more_metrics_keep_the_choice(open_page: Open) -> None:
    page = open_page("five")
    page.locator(f"input[data-version='{version_id('hostile')}']").check()
    expect(page.locator("tr.chosen")).to_have_count(3)
    page.get_by_role("button", name="context recall").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("context recall")
    page.get_by_role("button", name="context recall").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("context recall")
    expect(page.locator("tbody .who .name").first).to_have_text("fifth-chunks")
    expect(page.locator("input[data-version]:checked")).to_have_count(3)
    expect(page.locator("tr.chosen input[data-version]:checked")).to_have_count(3)
    expect(page.get_by_role("button", name="hit rate")).to_be_hidden()
    page.get_by_role("button", name=re.compile("All .* metrics")).click()
    expect(page.get_by_role("button", name="hit rate")).to_be_visible()


def test_a_picked_case_shows_its_reference_and_recorded_scores(open_page: Open) -> None:
    page = open_page("two")
    page.get_by_label("Or pick a Case").fill("returns-01")
    page.get_by_role("option", name=re.compile("return goods")).click()
    panel = page.locator(".w-case")
    expect(panel).to_contain_text("30 days from delivery; the day of delivery is not counted.")
    expect(panel.locator(".recorded")).to_contain_text("context recall")
    expect(panel.locator(".recorded")).to_contain_text("the encoder was stopped")
    expect(page.get_by_label("Question")).to_have_value(RETURNS)
    page.get_by_role("button", name="Next").click()
    expect(panel).to_contain_text("cannot be answered")
    expect(page.locator("article[data-slot=B]")).to_contain_text("Abstained.")
    ask(page, PRICE + " Today?")
    expect(panel).to_have_count(0)


def test_cases_are_filtered_by_tag(open_page: Open) -> None:
    page = open_page("two")
    page.get_by_label("Filter by tag").click()
    page.get_by_role("option", name="unanswerable (1)").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Question")).to_have_value(PRICE)
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Or pick a Case").click()
    expect(page.get_by_role("option")).to_have_count(1)


def test_the_address_opens_the_same_comparison(open_page: Open) -> None:
    page = open_page("five")
    page.locator(f"input[data-version='{version_id('large')}']").check()
    expect(page.locator("tr.chosen")).to_have_count(3)
    ask(page, RETURNS)
    expect(page).to_have_url(re.compile("case=returns-01"))
    query = page.url.split("/")[-1]
    again = open_page("five", query)
    expect(again.locator(".w-results[aria-busy=false] article")).to_have_count(3)
    expect(again.locator(".w-case")).to_be_visible()


def test_an_empty_question_is_said(open_page: Open) -> None:
    page = open_page("two")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("The question is empty")).to_be_visible()


def test_no_version_and_one_version_name_the_command(open_page: Open) -> None:
    none = open_page("none")
    expect(none.locator("code", has_text="winnow run")).to_be_visible()
    expect(none.get_by_role("button", name="Ask", exact=True)).to_be_hidden()
    one = open_page("one")
    expect(one.locator("code", has_text="dvc exp run --temp -S chunk.size=240")).to_be_visible()
    ask(one, RETURNS)
    expect(one.locator("article")).to_have_count(1)


def test_a_broken_version_shows_its_reason_and_the_others_work(open_page: Open) -> None:
    page = open_page("broken")
    page.locator(f"input[data-version='{version_id('broken')}']").check()
    expect(page.locator("tr.chosen")).to_have_count(3)
    ask(page, RETURNS)
    expect(page.locator("article[data-slot=C] .fault")).to_contain_text("dvc pull")
    expect(page.locator("article .answer")).to_have_count(2)


def test_a_ledger_that_is_away_is_said_and_can_be_tried_again(
    open_page: Open, served: Served
) -> None:
    page = open_page("unreachable")
    expect(page.get_by_role("alert")).to_contain_text("mlflow.internal:5000 does not answer")
    served.say("recover")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("tr.chosen")).to_have_count(2)
    ask(page, RETURNS)


def test_documents_cases_and_questions_stay_text(open_page: Open) -> None:
    page = open_page("hostile", "?case=attack-01")
    expect(page.locator("article .sentence.only")).to_contain_text("<script>window.pwned = 1")
    expect(page.locator("article .sentence.only")).to_contain_text("${pwned} {{pwned}}")
    page.locator("article[data-slot=B] a.cite").click()
    ask(page, f"Really? {ATTACK}")
    page.wait_for_timeout(200)
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize("state", ["five", "none", "one", "broken"])
def test_nothing_scrolls_sideways_on_a_phone(open_page: Open, state: str) -> None:
    page = open_page(state, "?case=returns-01", width=390)
    assert_fits(page)
    if state == "none":
        return
    expect(page.locator(".w-results[aria-busy=false]")).to_be_visible()
    for details in page.locator("details").all():
        details.evaluate("each => { each.open = true; }")
    page.get_by_role("button", name=re.compile("All .* metrics")).click()
    assert_fits(page)
    tops = page.locator("article").evaluate_all(
        "all => all.map(each => [each.offsetTop, each.offsetLeft])"
    )
    assert tops == sorted(tops)
    assert len({left for _, left in tops}) == 1
