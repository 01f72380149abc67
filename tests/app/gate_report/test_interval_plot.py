from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.gate_report.interval_plot import WIDTH, interval_plots
from tests.app.gate_report.sample_verdict import verdict

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
