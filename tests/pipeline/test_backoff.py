from pipeline.backoff import Backoff


def test_waits_grow_and_then_it_gives_up() -> None:
    longest = [0.0] * 5
    for _ in range(300):
        backoff = Backoff(6, first=1.0, longest=8.0)
        waits = [backoff.next() for _ in range(6)]
        assert waits[-1] is None
        for number, wait in enumerate(waits[:-1]):
            assert wait is not None
            longest[number] = max(longest[number], wait)
    assert [round(each) for each in longest] == [1, 2, 4, 8, 8]


def test_waits_are_drawn_anew_so_that_calls_do_not_meet_again() -> None:
    assert len({Backoff(2).next() for _ in range(20)}) > 10


def test_one_attempt_is_the_last() -> None:
    assert Backoff(1).next() is None
