from decimal import Decimal

from pipeline.model_call import ModelCall
from pipeline.price import Price
from pipeline.reply_usage import usage_of
from tests.scripted_endpoint import completion

CALL = ModelCall("/chat/completions", {"model": "m", "messages": [{"content": "x" * 3500}]})
PRICE = Price(Decimal(1), Decimal(10))


def test_a_reply_says_itself_what_it_took() -> None:
    usage = usage_of(CALL, completion(), PRICE)
    assert (usage.prompt_tokens, usage.completion_tokens) == (100, 20)
    assert usage.cost == Decimal("0.0003")


def test_a_server_that_does_not_count_is_counted_for() -> None:
    usage = usage_of(CALL, completion("word " * 100, usage=None), None)
    assert usage.prompt_tokens == CALL.prompt_tokens > 1000
    assert 100 < usage.completion_tokens < 200
    assert usage.cost is None


def test_a_reply_that_groq_rejected_took_tokens_too() -> None:
    body = {"error": {"code": "json_validate_failed", "failed_generation": "x" * 350}}
    assert usage_of(CALL, body, None).completion_tokens == 100


def test_vectors_take_no_completion() -> None:
    call = ModelCall("/embeddings", {"model": "m", "input": ["a"]})
    assert usage_of(call, {"usage": {"prompt_tokens": 3}}, None).prompt_tokens == 3
    assert usage_of(call, {"data": []}, None).completion_tokens == 0
