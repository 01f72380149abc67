import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from playwright.sync_api import Browser

from app.gate_report.verdict_page import verdict_page
from tests.app.gate_report.sample_verdict import ATTACK, QUOTE, first_release, sample
from tests.app.workbench.chromium import chromium

PAGE = verdict_page(sample())
ROOT = html.fromstring(PAGE)


def test_it_needs_nothing_from_elsewhere() -> None:
    assert not ROOT.xpath("//script|//link|//img|//iframe|//@src|//@href[not(starts-with(., '#'))]")
    assert "url(" not in PAGE
    assert "@import" not in PAGE


def test_no_text_becomes_markup() -> None:
    assert "<script>window" not in PAGE
    assert "<i>x</i>" not in PAGE
    shown = ROOT.xpath("//span[@class='question']")[0].text_content()
    assert shown == ATTACK


def test_each_rule_but_a_floor_has_a_plot_that_says_itself_in_words() -> None:
    labels = ROOT.xpath("//*[local-name()='svg'][contains(@class, 'interval')]/@aria-label")
    assert len(labels) == 3
    assert labels[0].startswith("context_recall: difference -0.333, between -0.4")
    assert labels[0].endswith("; at most 0.050 worse")


def test_bars_lead_to_their_cases() -> None:
    targets = {each.removeprefix("#") for each in ROOT.xpath("//*[local-name()='a']/@href")}
    assert targets
    assert targets <= set(ROOT.xpath("//details/@id"))


def test_a_lost_case_shows_both_answers_and_marks_the_evidence() -> None:
    case = ROOT.xpath("//details[@id='case-2']")[0]
    assert [each.text for each in case.xpath(".//h4")] == ["Baseline", "Candidate"]
    assert case.xpath(".//mark/text()") == [QUOTE]
    badges = case.xpath(".//div[@class='side']")
    assert "evidence" in badges[0].text_content()
    assert "only here" in badges[1].text_content()


def test_of_very_many_lost_cases_the_worst_are_shown() -> None:
    report = sample()
    many = report.model_copy(update={"changes": report.lost * 3})
    page = html.fromstring(verdict_page(many))
    assert len(page.xpath("//details[@class='case']")) == 50
    more = 3 * len(report.lost) - 50
    assert f"and {more} more, in verdict.json" in page.text_content()


def test_what_is_absent_is_left_out() -> None:
    page = verdict_page(first_release())
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings == ["Floors", "What could not be scored", "How it was measured"]
    assert "got worse" not in page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 768, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_asks_nobody(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    path = tmp_path / "verdict.html"
    path.write_text(PAGE, encoding="utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("window.pwned") is None
    assert asked == [path.as_uri()]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(16, 21, 20)") == (scheme == "dark")
    context.close()
