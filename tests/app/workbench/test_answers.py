"""Answer columns: each state of one, what is marked in it, and how several are asked."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from app.workbench.answers import AnswerColumn, ask_columns, column_html, compared
from app.workbench.versions import scored_versions
from pipeline.answer import Answer, Sentence, Turn
from tests.app.workbench.sample_library import (
    ATTACK,
    PRICE,
    RETURNS,
    hostile,
    large_chunks,
    record,
    small_chunks,
)
from tests.app.workbench.sample_models import crowded
from tests.app.workbench.sample_passages import WITHIN

VERSION = scored_versions([record("small", 120, 0, 0.8)], None)[0]
MODEL = scored_versions([record("writer", 120, 0, 0.8)], None)[0]
SMALL = small_chunks().answer(RETURNS)
LARGE = large_chunks().answer(RETURNS)
BOTH = compared({"A": SMALL, "B": LARGE})


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_each_citation_links_to_a_passage_of_the_column() -> None:
    html = column_html(AnswerColumn("A", VERSION, answer=SMALL), BOTH)
    links = re.findall(r'class="cite" href="#([^"]+)"', html)
    assert links == ["passage-A-1", "passage-A-1", "passage-A-2"]
    assert all(f'id="{link}"' in html for link in links)


def test_passages_say_where_they_stand_and_how_close_they_are() -> None:
    shown = text_of(column_html(AnswerColumn("B", VERSION, answer=LARGE), BOTH))
    assert "commissioning.pdf page 3 Commissioning" in shown
    assert "0.688" in shown
    assert "policies/returns-2025.md, characters 310" in shown


def test_uncited_passages_are_folded_apart() -> None:
    html = column_html(AnswerColumn("A", VERSION, answer=SMALL), BOTH)
    cited, uncited = html.split('<details class="uncited"')
    assert cited.count('<details class="passage"') == 2
    assert uncited.count('<details class="passage"') == 2


def test_what_only_one_found_or_says_stands_out() -> None:
    html = column_html(AnswerColumn("A", VERSION, answer=SMALL), BOTH)
    assert html.count('class="sentence only"') == 2
    assert html.count('class="sentence"') == 1
    assert "only A" in html
    assert ">all</span>" in html


def test_a_lone_answer_has_nothing_to_compare() -> None:
    html = column_html(AnswerColumn("A", VERSION, answer=SMALL), compared({"A": SMALL}))
    assert "only" not in html
    assert ">all</span>" not in html


def test_abstaining_is_said_plainly_and_still_shows_what_was_retrieved() -> None:
    answer = small_chunks().answer(PRICE)
    html = column_html(AnswerColumn("A", VERSION, answer=answer), compared({"A": answer}))
    assert "Abstained." in html
    assert html.count('<details class="passage"') == 4


def test_it_shows_the_seconds_of_each_half() -> None:
    shown = text_of(column_html(AnswerColumn("A", VERSION, answer=SMALL), BOTH))
    assert re.search(r"retrieve <?(&lt;)?\d+ ms generate \d+ ms", shown)


def test_a_fault_is_shown_in_place_of_the_answer() -> None:
    column = AnswerColumn("A", VERSION, fault="it is gone; run `dvc pull` <b>now</b>")
    html = column_html(column, {})
    assert "<code>dvc pull</code> &lt;b&gt;now&lt;/b&gt;" in html
    assert 'class="answer"' not in html


def test_waiting_and_asking_are_told_apart() -> None:
    assert "Waiting" in column_html(AnswerColumn("A", VERSION), {})
    assert "Answering" in column_html(AnswerColumn("A", VERSION, asking=True), {})


def test_documents_cannot_inject_markup() -> None:
    answer = hostile().answer(RETURNS)
    html = column_html(AnswerColumn("A", VERSION, answer=answer), compared({"A": answer}))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;window.pwned = 1" in html
    assert "{{pwned}}" in html
    assert ATTACK not in html


def test_while_it_is_written_it_says_so_and_shows_neither_cost_nor_difference() -> None:
    so_far = crowded().answer(RETURNS)
    html = column_html(AnswerColumn("A", MODEL, answer=so_far, writing=True), {})
    assert "Writing" in text_of(html)
    assert "tokens" not in text_of(html)
    assert "only A" not in html
    assert "Retrieved 4" in text_of(html)
    links = re.findall(r'class="cite" href="#([^"]+)"', html)
    assert all(f'id="{link}"' in html for link in links)


def test_before_the_first_word_it_reads() -> None:
    html = column_html(
        AnswerColumn("A", MODEL, answer=replace(SMALL, sentences=()), writing=True), {}
    )
    assert "Reading" in text_of(html)
    assert "Abstained" not in html


def test_tokens_cost_and_what_went_otherwise_are_said() -> None:
    column = AnswerColumn("A", MODEL, answer=crowded().answer(RETURNS), restarts=1)
    shown = text_of(column_html(column, {}))
    assert "1,234 tokens $0.0042" in shown
    assert "The reply broke off once and was begun anew." in shown
    assert "2 of 4 passages did not fit" in shown
    assert "2 citations pointed at no passage" in shown
    assert shown.count("left out") == 3  # said once, marked at both passages


def test_a_follow_up_shows_what_it_was_taken_for_and_the_answers_before() -> None:
    earlier = (Turn("How many days?", "Thirty <b>days</b>."), Turn("Why?", ""))
    answer = replace(SMALL, standalone="How many days for <i>trade</i> customers?")
    html = column_html(AnswerColumn("A", MODEL, earlier, answer=answer), {})
    shown = text_of(html)
    assert "Earlier answers 2" in shown
    assert "Taken as:" in shown
    assert "No answer." in shown
    assert "<b>days" not in html
    assert "<i>trade" not in html
    unchanged = column_html(AnswerColumn("A", MODEL, earlier, answer=SMALL), {})
    assert "Taken as it stands." in text_of(unchanged)


def test_what_was_stopped_shows_what_was_written_as_a_part() -> None:
    html = column_html(AnswerColumn("A", MODEL, answer=SMALL, stopped=True), {})
    assert "Stopped before the answer was whole." in text_of(html)
    assert "within 30 days" in html
    assert "Stopped" in column_html(AnswerColumn("A", MODEL, stopped=True), {})


def test_a_model_that_fails_still_shows_what_was_retrieved() -> None:
    html = column_html(AnswerColumn("A", MODEL, answer=SMALL, fault="no key"), {})
    assert "This Version cannot answer." in html
    assert 'class="answer"' not in html
    assert "Retrieved 4" in text_of(html)


def test_a_model_that_says_all_in_its_own_words_is_not_marked_all_over() -> None:
    both = compared({"A": crowded().answer(RETURNS), "B": hostile().answer(RETURNS)})
    html = column_html(AnswerColumn("A", MODEL, answer=crowded().answer(RETURNS)), both)
    assert "sentence only" not in html
    extractive = column_html(AnswerColumn("A", VERSION, answer=crowded().answer(RETURNS)), both)
    assert "sentence only" in extractive


LOCAL, *REMOTE = scored_versions(
    [record(name, 120, 0, 0.8) for name in ("writer", "crowded", "small")], None
)


def answered(text: str) -> Answer:
    return Answer("q", (Sentence(text, ()),), ())


def answer_in_steps(column: AnswerColumn) -> Iterator[AnswerColumn]:
    for text in ("One", "One two"):
        yield replace(column, answer=answered(text), writing=True)
    yield replace(column, answer=answered("One two three"))


def columns(*, local: bool = True) -> list[AnswerColumn]:
    versions = [*REMOTE, LOCAL] if local else REMOTE
    return [AnswerColumn(slot, version) for slot, version in zip("ABC", versions, strict=False)]


def states(board: list[AnswerColumn]) -> list[str]:
    return [column.state for column in board]


def test_local_versions_answer_before_models_are_asked_together() -> None:
    boards = [
        states(each) for each in ask_columns(columns(), answer_in_steps, threading.Event(), 0.0)
    ]
    assert boards[:2] == [["waiting", "waiting", "asking"], ["asking", "asking", "answered"]]
    assert boards[-1] == ["answered"] * 3


def test_models_write_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=5)

    def meet(column: AnswerColumn) -> Iterator[AnswerColumn]:
        both.wait()
        yield from answer_in_steps(column)

    *_, last = ask_columns(columns(local=False), meet, threading.Event(), 0.0)
    assert states(last) == ["answered", "answered"]


def test_many_small_steps_are_shown_at_a_rate_that_an_eye_can_answer_in_steps() -> None:
    def words(column: AnswerColumn) -> Iterator[AnswerColumn]:
        for count in range(60):
            time.sleep(0.002)
            yield replace(column, answer=answered("word " * count), writing=True)
        yield from answer_in_steps(column)

    started = time.monotonic()
    boards = list(ask_columns(columns(local=False), words, threading.Event(), 0.04))
    assert len(boards) <= (time.monotonic() - started) / 0.04 + 3
    assert boards[-1][0].answer == answered("One two three")


def test_what_is_still_written_can_be_stopped() -> None:
    stop, released = threading.Event(), threading.Event()

    def slow(column: AnswerColumn) -> Iterator[AnswerColumn]:
        yield replace(column, answer=answered("One"), writing=True)
        if column.slot == "A":
            released.wait(5)
        yield from answer_in_steps(column)

    boards = []
    for board in ask_columns(columns(local=False), slow, stop, 0.01):
        boards.append(states(board))
        if boards[-1][1] == "answered":
            stop.set()
    released.set()
    assert boards[-1] == ["stopped", "answered"]


def test_a_page_that_is_closed_stops_what_it_asked() -> None:
    stop = threading.Event()
    growing = ask_columns(columns(local=False), answer_in_steps, stop, 0.0)
    next(growing)
    growing.close()  # type: ignore[attr-defined]
    assert stop.is_set()


def test_a_passage_that_some_found_names_them() -> None:
    """Chunks of different size that cover the same ground are the same place."""
    three = compared({"A": SMALL, "B": LARGE, "D": hostile().answer(RETURNS)})
    shown = text_of(column_html(AnswerColumn("B", VERSION, answer=LARGE), three))
    assert "A B" in shown
    other = column_html(AnswerColumn("D", VERSION, answer=three["D"].answer), three)
    assert "only D" in other
    assert other.count('class="sentence only"') == 1


def test_an_excerpt_begins_with_what_was_cited() -> None:
    html = column_html(AnswerColumn("A", VERSION, answer=SMALL), BOTH)
    [first, *_] = re.findall(r'class="excerpt">([^<]*)<', html)
    assert WITHIN.startswith(first.removesuffix(" …"))
