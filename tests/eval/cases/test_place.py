from hypothesis import given
from hypothesis import strategies as st

from eval.cases.place import Place, shared, size, touches, union

PLACES = st.lists(
    st.builds(
        lambda document, start, length: Place(document, start, start + length),
        st.sampled_from("ab"),
        st.integers(0, 30),
        st.integers(0, 12),
    ),
    max_size=8,
)


def characters(places: list[Place]) -> set[tuple[str, int]]:
    return {(each.document, at) for each in places for at in range(each.start, each.end)}


@given(PLACES)
def test_union_holds_each_character_once(places: list[Place]) -> None:
    merged = union(places)
    assert characters(merged) == characters(places)
    assert size(merged) == len(characters(places))


@given(PLACES, PLACES)
def test_shared_counts_common_characters(left: list[Place], right: list[Place]) -> None:
    common = characters(left) & characters(right)
    assert shared(union(left), union(right)) == len(common)
    assert any(touches(a, b) for a in left for b in right) == bool(common)
