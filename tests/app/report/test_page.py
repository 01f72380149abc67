import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from playwright.sync_api import Browser

from app.report.page import HEIGHT, WIDTH, difference_strips, interval_plots, verdict_page
from tests.app.report.sample_verdict import ATTACK, QUOTE, first_release, sample, verdict
from tests.app.workbench.chromium import chromium

STRIPS = {each.metric: each for each in difference_strips(sample())}


def test_a_bar_for_each_case_that_differs_worst_first() -> None:
    strip = STRIPS["context_recall"]
    assert (strip.lost, strip.won, strip.same, strip.largest) == (20, 0, 40, 1.0)
    assert [bar.difference for bar in strip.bars] == [-1.0] * 20
    assert all(bar.y == strip.middle for bar in strip.bars)


def test_bars_stand_side_by_side_within_the_drawing() -> None:
    for strip in STRIPS.values():
        ends = [bar.x + bar.width for bar in strip.bars]
        assert all(end <= bar.x + 0.02 for end, bar in zip(ends, strip.bars[1:], strict=False))
        assert max(ends) <= WIDTH + 0.01
        assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT for bar in strip.bars)


def test_what_got_better_stands_above_the_middle_at_the_right() -> None:
    strip = STRIPS["token_f1"]
    won = [bar for bar in strip.bars if bar.difference > 0]
    assert len(won) == strip.won == 40
    assert all(bar.y + bar.height == strip.middle for bar in won)
    assert won[-1].x + won[-1].width > WIDTH - 1


def test_guards_and_a_first_release_have_none() -> None:
    assert "abstention_wrong" not in STRIPS
    assert difference_strips(first_release()) == []


RULES = [each for each in verdict().findings if each.rule == "margin"]
VALUES = st.floats(-1e6, 1e6)


def test_rules_share_a_scale_and_better_lies_right() -> None:
    recall, f1 = interval_plots(RULES)
    assert recall.zero == f1.zero
    assert recall.margin < f1.margin < f1.zero
    assert recall.dot is not None
    assert f1.dot is not None
    assert recall.dot < recall.margin
    assert f1.dot > f1.zero


def test_where_lower_is_better_a_fall_lies_right() -> None:
    faster = replace(
        RULES[0], higher_is_better=False, limit=20.0, difference=-5.0, low=-9.0, high=-1.0
    )
    [plot] = interval_plots([faster])
    assert plot.low is not None
    assert plot.high is not None
    assert plot.zero < plot.low < plot.high


def test_what_was_not_measured_leaves_the_margin_alone() -> None:
    [plot] = interval_plots([replace(RULES[0], difference=None, low=None, high=None)])
    assert (plot.dot, plot.low, plot.high) == (None, None, None)
    assert plot.margin < plot.zero


@given(VALUES, st.floats(0, 1e3), st.floats(0, 1e6), st.booleans())
def test_everything_stays_within_the_drawing(
    difference: float, limit: float, width: float, higher: bool
) -> None:
    rule = replace(
        RULES[0],
        difference=difference,
        low=difference - width,
        high=difference + width,
        limit=limit,
        higher_is_better=higher,
    )
    [plot] = interval_plots([rule])
    places = [plot.zero, plot.margin, plot.dot, plot.low, plot.high]
    assert all(place is not None and 0 <= place <= WIDTH for place in places)


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
