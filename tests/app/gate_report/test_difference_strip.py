from app.gate_report.difference_strip import HEIGHT, WIDTH, difference_strips
from tests.app.gate_report.sample_verdict import first_release, sample

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
