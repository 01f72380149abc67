from hypothesis import given
from hypothesis import strategies as st

from eval.cases.span import Span, shared, size, touches, union

SPANS = st.lists(
    st.builds(
        lambda document, start, length: Span(document, start, start + length),
        st.sampled_from("ab"),
        st.integers(0, 30),
        st.integers(0, 12),
    ),
    max_size=8,
)


def characters(spans: list[Span]) -> set[tuple[str, int]]:
    return {(each.document, at) for each in spans for at in range(each.start, each.end)}


@given(SPANS)
def test_union_holds_each_character_once(spans: list[Span]) -> None:
    merged = union(spans)
    assert characters(merged) == characters(spans)
    assert size(merged) == len(characters(spans))


@given(SPANS, SPANS)
def test_shared_counts_common_characters(left: list[Span], right: list[Span]) -> None:
    common = characters(left) & characters(right)
    assert shared(union(left), union(right)) == len(common)
    assert any(touches(a, b) for a in left for b in right) == bool(common)
