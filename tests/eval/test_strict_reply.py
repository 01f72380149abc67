import json

import pytest
from pydantic import BaseModel, Field, ValidationError

from eval.strict_reply import strict_reply


class Verdict(BaseModel):
    statement: str
    verdict: int = Field(..., description="0 or 1")


class Verdicts(BaseModel):
    statements: list[Verdict]


class Claims(BaseModel):
    claims: list[str]


def verdicts(*values: int) -> str:
    return json.dumps({"statements": [{"statement": "s", "verdict": each} for each in values]})


def test_what_ragas_would_take_for_good_is_refused() -> None:
    reply = strict_reply(Verdicts, 2)
    good = reply.model_validate_json(verdicts(1, 0))
    assert isinstance(good, Verdicts)
    assert [each.verdict for each in good.statements] == [1, 0]
    for text in (verdicts(1), verdicts(1, 0, 1), verdicts(1, 7), verdicts()):
        with pytest.raises(ValidationError):
            reply.model_validate_json(text)


def test_a_list_of_unknown_length_holds_something() -> None:
    assert strict_reply(Verdicts).model_validate_json(verdicts(1, 1, 1))
    with pytest.raises(ValidationError):
        strict_reply(Verdicts).model_validate_json(verdicts())
    with pytest.raises(ValidationError):
        strict_reply(Claims, 3).model_validate_json('{"claims": []}')
    assert strict_reply(Claims, 3).model_validate_json('{"claims": ["one"]}')


def test_a_model_is_told_what_is_wanted() -> None:
    schema = strict_reply(Verdicts, 2).model_json_schema()
    assert schema["title"] == "Verdicts"
    assert schema["properties"]["statements"]["minItems"] == 2
    assert schema["$defs"]["Verdict"]["properties"]["verdict"] == {
        "description": "0 or 1",
        "maximum": 1,
        "minimum": 0,
        "title": "Verdict",
        "type": "integer",
    }
