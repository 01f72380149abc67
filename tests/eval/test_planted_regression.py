from eval.chunking_layout import Question
from eval.place import Place
from eval.planted_regression import drop_passages, regressed, score_rankings, shuffle_passages

RANKING = [Place("a.md", start, start + 100) for start in range(0, 4000, 100)]
QUESTION = Question("?", (Place("a.md", 50, 150),))


def test_a_share_of_the_chunks_is_lost_and_more_of_them_at_a_larger_share() -> None:
    [few], [many] = (drop_passages([RANKING], share) for share in (0.1, 0.5))
    assert set(many) < set(few) < set(RANKING)
    assert 10 <= len(many) <= 30
    assert drop_passages([RANKING], 0.0) == [RANKING]


def test_a_chunk_that_is_lost_is_lost_to_every_question() -> None:
    one, other = drop_passages([RANKING, RANKING[::-1]], 0.5)
    assert set(one) == set(other)


def test_only_the_first_passages_are_shuffled_and_all_stay() -> None:
    [mixed] = shuffle_passages([RANKING], 10, seed=1)
    assert sorted(mixed[:10]) == RANKING[:10]
    assert mixed[:10] != RANKING[:10]
    assert mixed[10:] == RANKING[10:]


def test_scores_are_of_what_the_budget_brings() -> None:
    found = score_rankings([RANKING], [QUESTION], budget=100)
    assert found["context_recall"].tolist() == [0.5]
    assert found["context_precision"].tolist() == [0.5]
    assert score_rankings([RANKING], [QUESTION], 200)["context_recall"].tolist() == [1.0]


def test_every_regression_has_a_name_of_its_own_and_costs_nothing_in_shape() -> None:
    found = dict(regressed([RANKING] * 3, [QUESTION] * 3, budget=200, seed=7))
    assert len(found) == 10
    assert "50% of the budget" in found
    assert all(each["context_recall"].shape == (3,) for each in found.values())
