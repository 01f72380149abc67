import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.report.markdown import plain, verdict_markdown
from tests.app.report.sample_verdict import ATTACK, first_release, sample

NOTE = verdict_markdown(sample())


def rendered(text: str) -> str:
    return MarkdownIt("gfm-like", {"linkify": False}).render(text)


def test_it_is_short_and_begins_with_the_outcome() -> None:
    assert NOTE.startswith("## Winnow gate: fail\n\n1 of 4 rules not met: ")
    assert len(NOTE) < 8000
    assert "Changed: chunk.size 150 → 60." in NOTE


def test_rules_are_a_table_and_the_worst_cases_are_folded() -> None:
    page = rendered(NOTE)
    assert page.count("<tr>") == 5
    assert "<td><strong>fail</strong></td>" in page
    before, _, folded = page.partition("<details><summary>The 5 Cases that lost most</summary>")
    assert "c000" not in before
    assert folded.count("asked for") == 5
    assert "lost by chunk" in folded


def test_no_text_of_a_case_becomes_markup_or_a_mention() -> None:
    page = rendered(NOTE)
    assert "<script>" not in page
    assert "<img" not in page
    assert "@ada" not in NOTE
    assert "#7" not in NOTE


def test_a_first_release_says_so() -> None:
    assert "Candidate `1111111111`, a first release." in verdict_markdown(first_release())


@given(st.text() | st.just(ATTACK) | st.from_regex(r"[-+=#>*_`\[\]()!|~<&0-9.) a]{1,12}"))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    page = rendered(f"- {plain(text)}")
    body = re.sub(r"\s", "", page.removeprefix("<ul>").removesuffix("</ul>\n"))
    assert not re.search(r"<(?!/?(li|ul)>)", body)
