import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from app.workbench.answers import Column, Difference, answer_column, difference_of, grow
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

VERSION = scored_versions([record("small", 120, 0, 0.8)], None)[0]
MODEL = scored_versions([record("writer", 120, 0, 0.8)], None)[0]
SMALL = small_chunks().answer(RETURNS)
LARGE = large_chunks().answer(RETURNS)
BOTH = difference_of({"A": SMALL, "B": LARGE})


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_each_citation_links_to_a_passage_of_the_column() -> None:
    html = answer_column(Column("A", VERSION, answer=SMALL), BOTH)
    links = re.findall(r'class="cite" href="#([^"]+)"', html)
    assert links == ["passage-A-1", "passage-A-1", "passage-A-2"]
    assert all(f'id="{link}"' in html for link in links)


def test_passages_say_where_they_stand_and_how_close_they_are() -> None:
    shown = text_of(answer_column(Column("B", VERSION, answer=LARGE), BOTH))
    assert "commissioning.pdf page 3 Commissioning" in shown
    assert "0.688" in shown
    assert "policies/returns-2025.md, characters 310" in shown


def test_uncited_passages_are_folded_apart() -> None:
    html = answer_column(Column("A", VERSION, answer=SMALL), BOTH)
    cited, uncited = html.split('<details class="uncited"')
    assert cited.count('<details class="passage"') == 2
    assert uncited.count('<details class="passage"') == 2


def test_what_only_one_found_or_says_stands_out() -> None:
    html = answer_column(Column("A", VERSION, answer=SMALL), BOTH)
    assert html.count('class="sentence only"') == 2
    assert html.count('class="sentence"') == 1
    assert "only A" in html
    assert ">all</span>" in html


def test_a_lone_answer_has_nothing_to_compare() -> None:
    html = answer_column(Column("A", VERSION, answer=SMALL), difference_of({"A": SMALL}))
    assert "only" not in html
    assert ">all</span>" not in html


def test_abstaining_is_said_plainly_and_still_shows_what_was_retrieved() -> None:
    answer = small_chunks().answer(PRICE)
    html = answer_column(Column("A", VERSION, answer=answer), difference_of({"A": answer}))
    assert "Abstained." in html
    assert html.count('<details class="passage"') == 4


def test_it_shows_the_seconds_of_each_half() -> None:
    shown = text_of(answer_column(Column("A", VERSION, answer=SMALL), BOTH))
    assert re.search(r"retrieve <?(&lt;)?\d+ ms generate \d+ ms", shown)


def test_a_fault_is_shown_in_place_of_the_answer() -> None:
    column = Column("A", VERSION, fault="it is gone; run `dvc pull` <b>now</b>")
    html = answer_column(column, Difference())
    assert "<code>dvc pull</code> &lt;b&gt;now&lt;/b&gt;" in html
    assert 'class="answer"' not in html


def test_waiting_and_asking_are_told_apart() -> None:
    assert "Waiting" in answer_column(Column("A", VERSION), Difference())
    assert "Answering" in answer_column(Column("A", VERSION, asking=True), Difference())


def test_documents_cannot_inject_markup() -> None:
    answer = hostile().answer(RETURNS)
    html = answer_column(Column("A", VERSION, answer=answer), difference_of({"A": answer}))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;window.pwned = 1" in html
    assert "{{pwned}}" in html
    assert ATTACK not in html


def test_while_it_is_written_it_says_so_and_shows_neither_cost_nor_difference() -> None:
    so_far = crowded().answer(RETURNS)
    html = answer_column(Column("A", MODEL, answer=so_far, writing=True), Difference(("A", "B")))
    assert "Writing" in text_of(html)
    assert "tokens" not in text_of(html)
    assert "only A" not in html
    assert "Retrieved 4" in text_of(html)
    links = re.findall(r'class="cite" href="#([^"]+)"', html)
    assert all(f'id="{link}"' in html for link in links)


def test_before_the_first_word_it_reads() -> None:
    html = answer_column(
        Column("A", MODEL, answer=replace(SMALL, sentences=()), writing=True), Difference()
    )
    assert "Reading" in text_of(html)
    assert "Abstained" not in html


def test_tokens_cost_and_what_went_otherwise_are_said() -> None:
    column = Column("A", MODEL, answer=crowded().answer(RETURNS), restarts=1)
    shown = text_of(answer_column(column, Difference()))
    assert "1,234 tokens $0.0042" in shown
    assert "The reply broke off once and was begun anew." in shown
    assert "2 of 4 passages did not fit" in shown
    assert "2 citations pointed at no passage" in shown
    assert shown.count("left out") == 3  # said once, marked at both passages


def test_a_follow_up_shows_what_it_was_taken_for_and_the_answers_before() -> None:
    earlier = (Turn("How many days?", "Thirty <b>days</b>."), Turn("Why?", ""))
    answer = replace(SMALL, standalone="How many days for <i>trade</i> customers?")
    html = answer_column(Column("A", MODEL, earlier, answer=answer), Difference())
    shown = text_of(html)
    assert "Earlier answers 2" in shown
    assert "Taken as:" in shown
    assert "No answer." in shown
    assert "<b>days" not in html
    assert "<i>trade" not in html
    unchanged = answer_column(Column("A", MODEL, earlier, answer=SMALL), Difference())
    assert "Taken as it stands." in text_of(unchanged)


def test_what_was_stopped_shows_what_was_written_as_a_part() -> None:
    html = answer_column(Column("A", MODEL, answer=SMALL, stopped=True), Difference())
    assert "Stopped before the answer was whole." in text_of(html)
    assert "within 30 days" in html
    assert "Stopped" in answer_column(Column("A", MODEL, stopped=True), Difference())


def test_a_model_that_fails_still_shows_what_was_retrieved() -> None:
    html = answer_column(Column("A", MODEL, answer=SMALL, fault="no key"), Difference())
    assert "This Version cannot answer." in html
    assert 'class="answer"' not in html
    assert "Retrieved 4" in text_of(html)


def test_a_model_that_says_all_in_its_own_words_is_not_marked_all_over() -> None:
    both = difference_of({"A": crowded().answer(RETURNS), "B": hostile().answer(RETURNS)})
    html = answer_column(Column("A", MODEL, answer=crowded().answer(RETURNS)), both)
    assert "sentence only" not in html
    extractive = answer_column(Column("A", VERSION, answer=crowded().answer(RETURNS)), both)
    assert "sentence only" in extractive


LOCAL, *REMOTE = scored_versions(
    [record(name, 120, 0, 0.8) for name in ("writer", "crowded", "small")], None
)


def answered(text: str) -> Answer:
    return Answer("q", (Sentence(text, ()),), ())


def follow(column: Column) -> Iterator[Column]:
    for text in ("One", "One two"):
        yield replace(column, answer=answered(text), writing=True)
    yield replace(column, answer=answered("One two three"))


def columns(*, local: bool = True) -> list[Column]:
    versions = [*REMOTE, LOCAL] if local else REMOTE
    return [Column(slot, version) for slot, version in zip("ABC", versions, strict=False)]


def states(board: list[Column]) -> list[str]:
    return [column.state for column in board]


def test_local_versions_answer_before_models_are_asked_together() -> None:
    boards = [states(each) for each in grow(columns(), follow, threading.Event(), 0.0)]
    assert boards[:2] == [["waiting", "waiting", "asking"], ["asking", "asking", "answered"]]
    assert boards[-1] == ["answered"] * 3


def test_models_write_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=5)

    def meet(column: Column) -> Iterator[Column]:
        both.wait()
        yield from follow(column)

    *_, last = grow(columns(local=False), meet, threading.Event(), 0.0)
    assert states(last) == ["answered", "answered"]


def test_many_small_steps_are_shown_at_a_rate_that_an_eye_can_follow() -> None:
    def words(column: Column) -> Iterator[Column]:
        for count in range(60):
            time.sleep(0.002)
            yield replace(column, answer=answered("word " * count), writing=True)
        yield from follow(column)

    started = time.monotonic()
    boards = list(grow(columns(local=False), words, threading.Event(), 0.04))
    assert len(boards) <= (time.monotonic() - started) / 0.04 + 3
    assert boards[-1][0].answer == answered("One two three")


def test_what_is_still_written_can_be_stopped() -> None:
    stop, released = threading.Event(), threading.Event()

    def slow(column: Column) -> Iterator[Column]:
        yield replace(column, answer=answered("One"), writing=True)
        if column.slot == "A":
            released.wait(5)
        yield from follow(column)

    boards = []
    for board in grow(columns(local=False), slow, stop, 0.01):
        boards.append(states(board))
        if boards[-1][1] == "answered":
            stop.set()
    released.set()
    assert boards[-1] == ["stopped", "answered"]


def test_a_page_that_is_closed_stops_what_it_asked() -> None:
    stop = threading.Event()
    growing = grow(columns(local=False), follow, stop, 0.0)
    next(growing)
    growing.close()  # type: ignore[attr-defined]
    assert stop.is_set()


DIFFERENCE_SMALL, DIFFERENCE_LARGE, HOSTILE = (
    answerer.answer(RETURNS) for answerer in (small_chunks(), large_chunks(), hostile())
)


def test_chunks_of_different_size_that_cover_the_same_ground_are_shared() -> None:
    difference = difference_of({"A": DIFFERENCE_SMALL, "C": DIFFERENCE_LARGE})
    assert difference.finders("A", 1) == ("A", "C")
    assert difference.finders("A", 2) == ("A",)
    assert difference.found_alone("A") == 1
    assert not difference.same_text


def test_a_passage_that_some_found_names_them() -> None:
    difference = difference_of({"A": DIFFERENCE_SMALL, "B": DIFFERENCE_LARGE, "D": HOSTILE})
    assert difference.finders("B", 1) == ("A", "B")
    assert difference.finders("D", 1) == ("D",)
    assert difference.says_alone("D", 0)
    assert not difference.says_alone("A", 0)


def test_one_answer_differs_in_nothing() -> None:
    difference = difference_of({"A": DIFFERENCE_SMALL})
    assert difference.same_text
    assert not difference.says_alone("A", 0)
