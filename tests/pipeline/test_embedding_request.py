from pipeline.embedding_request import cut, divide
from pipeline.prompt_tokens import count_tokens


def test_requests_hold_every_text_in_order_and_are_bounded() -> None:
    texts = [f"text {number} " + "pump " * (number * 37 % 900) for number in range(300)]
    requests = divide(texts, 2000)
    assert [text for request in requests for text in request.texts] == texts
    assert max(len(request.texts) for request in requests) <= 64
    assert max(request.tokens for request in requests) <= 16_000
    assert all(request.tokens == sum(map(count_tokens, request.texts)) for request in requests)
    assert divide([], 2000) == []


def test_a_text_of_more_tokens_than_a_request_goes_alone() -> None:
    requests = divide(["a", " pump" * 17_000, "b"], 20_000)
    assert [len(request.texts) for request in requests] == [1, 1, 1]


def test_the_rest_of_a_division_is_the_division_of_the_rest() -> None:
    texts = [f"text {number} " + "pump " * (number * 37 % 900) for number in range(300)]
    whole = divide(texts, 2000)
    done = sum(len(request.texts) for request in whole[:3])
    assert divide(texts[done:], 2000) == whole[3:]


def test_a_text_is_cut_after_its_last_whole_character_within_the_tokens() -> None:
    long = "Überdruckventil prüfen! 保証 😀 " * 300
    for most in (5, 6, 7, 8, 100):
        seen, tokens = cut(long, most)
        assert long.startswith(seen)
        assert most - 3 <= count_tokens(seen) <= tokens <= most
    assert cut("short", 5) == ("short", 1)
    assert cut("", 5) == ("", 0)


def test_a_cut_keeps_nearly_all_it_may_however_long_the_text() -> None:
    assert cut(" pump" * 8191, 8191) == (" pump" * 8191, 8191)
    for count in (8192, 400_000):
        seen, tokens = cut(" pump" * count, 8191)
        assert tokens == 8191
        assert 8190 <= count_tokens(seen) <= 8191
