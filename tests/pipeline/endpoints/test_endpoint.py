import pytest

from pipeline.endpoints.endpoint import calls_at_once, endpoint_at
from pipeline.errors import PrerequisiteError


def test_without_a_key_the_variable_is_named() -> None:
    with pytest.raises(PrerequisiteError, match="GROQ_API_KEY is not set"):
        endpoint_at("groq", {"GROQ_BASE_URL": "http://127.0.0.1:1"})
    with pytest.raises(PrerequisiteError, match="OPENAI_API_KEY is not set.*OPENAI_BASE_URL"):
        endpoint_at("openai", {})


def test_a_server_of_ones_own_needs_no_key() -> None:
    endpoint = endpoint_at("openai", {"OPENAI_BASE_URL": "http://localhost:11434/v1/"})
    assert (endpoint.base_url, endpoint.key) == ("http://localhost:11434/v1", "")


def test_groqs_address_may_be_written_with_the_path_that_its_sdk_adds() -> None:
    environ = {"GROQ_API_KEY": "k", "GROQ_BASE_URL": "https://api.groq.com/openai/v1"}
    assert endpoint_at("groq", environ).base_url == "https://api.groq.com"


def test_the_key_is_not_shown() -> None:
    endpoint = endpoint_at("groq", {"GROQ_API_KEY": "gsk_secret"})
    assert "gsk_secret" not in repr(endpoint)
    assert endpoint.key == "gsk_secret"


@pytest.mark.parametrize("key", ["two words", "gsk_\nline", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(key: str) -> None:
    with pytest.raises(PrerequisiteError, match="GROQ_API_KEY") as caught:
        endpoint_at("groq", {"GROQ_API_KEY": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["api.groq.com", "http://me:hidden@host", "https://host/?key=hidden", "http://host:port", "x"],
)
def test_an_address_that_cannot_be_used_is_refused_unseen(address: str) -> None:
    with pytest.raises(PrerequisiteError, match="GROQ_BASE_URL") as caught:
        endpoint_at("groq", {"GROQ_API_KEY": "k", "GROQ_BASE_URL": address})
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WINNOW_MODEL_SECONDS", "nan"),
        ("WINNOW_MODEL_SECONDS", "0"),
        ("WINNOW_MODEL_WAIT", "soon"),
        ("WINNOW_MODEL_ATTEMPTS", "0"),
        ("WINNOW_MODEL_CALLS", "1.5"),
        ("WINNOW_TOKENS_PER_MINUTE", "-1"),
    ],
)
def test_a_limit_that_is_no_number_is_named_with_its_value(variable: str, value: str) -> None:
    with pytest.raises(PrerequisiteError, match=f"{variable} is '{value}'"):
        endpoint_at("groq", {"GROQ_API_KEY": "k", variable: value})


def test_calls_at_once_need_no_key() -> None:
    assert calls_at_once({}) == 8
    assert calls_at_once({"WINNOW_MODEL_CALLS": "3"}) == 3
