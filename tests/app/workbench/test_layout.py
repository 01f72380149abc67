"""Stop signals: one page stops its own question and no other."""

from app.workbench.layout import StopSignals


def test_a_page_stops_its_own_question() -> None:
    signals = StopSignals()
    mine, theirs = signals.begin("mine"), signals.begin("theirs")
    signals.stop("mine")
    signals.stop("a page that asks nothing")
    assert mine.is_set()
    assert not theirs.is_set()


def test_what_ended_is_forgotten_but_not_what_came_after() -> None:
    signals = StopSignals()
    first = signals.begin("page")
    second = signals.begin("page")
    signals.end("page", first)
    signals.stop("page")
    assert second.is_set()
    signals.end("page", second)
    signals.stop("page")
    assert not first.is_set()
