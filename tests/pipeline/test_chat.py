from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.chat import Chat, Completion, Message
from pipeline.endpoint import Provider
from pipeline.endpoints import Endpoints
from pipeline.errors import EndpointError, PrerequisiteError, RefusedError
from tests.instant_clock import InstantClock
from tests.scripted_endpoint import (
    ScriptedEndpoint,
    completion,
    events,
    failure,
    said,
    words,
)

MODEL = "llama-3.3-70b-versatile"
ASKED = [Message("system", "Be brief."), Message("user", "Where?")]
WHOLE = Completion("Paris.", 100, 20, 7.48e-05, "stop")


@pytest.fixture
def endpoints(server: ScriptedEndpoint, tmp_path: Path) -> Iterator[Endpoints]:
    with Endpoints(server.environ(), tmp_path, clock=InstantClock()) as endpoints:
        yield endpoints


def chat(endpoints: Endpoints, provider: Provider = "groq") -> Chat:
    return endpoints.chat(provider, MODEL, temperature=0.0, max_tokens=50)


def test_a_completion_has_text_tokens_and_cost(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    assert chat(endpoints).complete(ASKED) == WHOLE
    assert server.asked[0].body == {
        "model": MODEL,
        "temperature": 0.0,
        "max_tokens": 50,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Where?"},
        ],
    }


def test_a_stream_grows_and_ends_as_the_completion(endpoints: Endpoints) -> None:
    assert list(chat(endpoints).stream(ASKED)) == [Completion("Par"), Completion("Paris."), WHOLE]
    assert chat(endpoints).complete(ASKED) == WHOLE
    assert list(chat(endpoints).stream(ASKED)) == [Completion("Paris."), WHOLE]
    assert endpoints.meter.stored == 2


def test_a_cut_stream_starts_anew(endpoints: Endpoints, server: ScriptedEndpoint) -> None:
    server.script.append(events(*words("Lyon", "s"), done=False))
    texts = [each.text for each in chat(endpoints).stream(ASKED)]
    assert texts == ["Lyon", "Lyons", "Par", "Paris.", "Paris."]


def test_a_stream_of_openais_has_its_tokens_asked_for(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    (*_, last) = chat(endpoints, "openai").stream(ASKED)
    assert (last.text, last.prompt_tokens) == ("Paris.", 100)
    assert last.cost is None
    assert server.asked[0].path == "/v1/chat/completions"
    assert server.asked[0].body["stream_options"] == {"include_usage": True}


def test_a_server_that_counts_no_tokens_is_understood(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    server.script.append(said(completion(usage=None)))
    assert chat(endpoints).complete(ASKED) == Completion("Paris.", finish_reason="stop")


def test_an_empty_reply_is_one(endpoints: Endpoints, server: ScriptedEndpoint) -> None:
    server.script.append(said(completion(None)))  # type: ignore[arg-type]
    assert chat(endpoints).complete(ASKED).text == ""


def test_half_a_character_is_sent_as_a_question_mark(
    endpoints: Endpoints, server: ScriptedEndpoint
) -> None:
    chat(endpoints).complete([Message("user", "a\ud800b")])
    assert server.asked[0].body["messages"][0]["content"] == "a?b"


def test_errors_are_ours(endpoints: Endpoints, server: ScriptedEndpoint) -> None:
    server.script.extend([failure(400, "too long"), failure(401, "no")])
    with pytest.raises(RefusedError, match="too long"):
        chat(endpoints).complete(ASKED)
    with pytest.raises(PrerequisiteError, match="GROQ_API_KEY"):
        list(chat(endpoints).stream(ASKED))
    server.script.append(failure(400, "no JSON", "json_validate_failed"))
    with pytest.raises(EndpointError, match="no JSON"):
        chat(endpoints).complete(ASKED)
