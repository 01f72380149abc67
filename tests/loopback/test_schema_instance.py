"""A schema that is no metric's gets the least instance that is valid."""

from typing import Literal

from pydantic import BaseModel, Field

from tests.loopback.schema_instance import instance


class Part(BaseModel):
    name: str = Field(min_length=2)
    weight: float | None
    kind: Literal["small", "large"]


class Whole(BaseModel):
    parts: list[Part] = Field(min_length=1)
    size: int = Field(ge=3)
    ready: bool
    note: str = "none"


def test_the_least_instance_is_valid() -> None:
    made = Whole.model_validate(instance(Whole.model_json_schema()))
    assert made.parts == [Part(name="--", weight=0, kind="small")]
    assert made.size == 3
