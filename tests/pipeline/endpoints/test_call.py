import pytest

from pipeline.endpoints.call import ModelCall, estimate_tokens

BODY = {"model": "m", "messages": [{"role": "user", "content": "How far is the moon?"}]}


def call(repeat: int = 0, path: str = "/chat/completions", **more: object) -> ModelCall:
    return ModelCall(path, {**BODY, **more}, repeat)


def test_streaming_and_not_share_a_reply() -> None:
    streamed = call(stream=True, stream_options={"include_usage": True}, user="u")
    assert streamed.key == call().key
    assert streamed.streams


def test_the_order_of_settings_does_not_matter() -> None:
    one = ModelCall("/p", {"model": "m", "temperature": 0.0})
    other = ModelCall("/p", {"temperature": 0.0, "model": "m"})
    assert one.key == other.key


@pytest.mark.parametrize(
    "other", [call(1), call(model="n"), call(temperature=0.5), call(path="/embeddings")]
)
def test_what_changes_the_reply_changes_the_key(other: ModelCall) -> None:
    assert other.key != call().key


def test_tokens_count_schemas_and_the_longest_reply() -> None:
    plain, schema = call(max_tokens=50), call(max_tokens=50, tools=[{"schema": "x" * 350}])
    assert schema.prompt_tokens >= plain.prompt_tokens + 100
    assert plain.tokens == plain.prompt_tokens + 50
    assert call(max_completion_tokens=7).completion_tokens == 7
    assert call(path="/embeddings").completion_tokens == 0


def test_writing_without_an_alphabet_counts_by_the_character() -> None:
    assert estimate_tokens("月までの距離") == 6
    assert estimate_tokens("a" * 35) == 10


def test_half_a_character_does_not_break_the_key() -> None:
    assert ModelCall("/p", {"model": "m", "x": "\ud800"}).key
