"""Strict replies: a judge's reply model that refuses what would make a score wrong in silence.

RAGAS takes a verdict of 7, fewer verdicts than there were statements, and an empty list: the
first two shift a mean and the last is NaN. Refused while it is parsed, such a reply is asked for
again like any other that does not fit its schema.
"""

from functools import lru_cache
from types import GenericAlias
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, Field, create_model


@lru_cache(maxsize=256)
def strict_reply(model: type[BaseModel], verdicts: int | None = None) -> type[BaseModel]:
    """Return a reply model of the same fields, whose numbers are 0 or 1 and whose lists hold some.

    Args:
        model: Of fields that are texts, verdicts (int), or lists of texts or of such models.
        verdicts: How many a list of models must hold, where that is known.
    """
    fields: dict[str, Any] = {
        name: (_strict(field.annotation, verdicts), field)
        for name, field in model.model_fields.items()
    }
    return create_model(model.__name__, __base__=model, **fields)


def _strict(kind: Any, verdicts: int | None) -> Any:
    if kind is int:
        return Annotated[int, Field(ge=0, le=1)]
    if get_origin(kind) is not list:
        return kind
    [item] = get_args(kind)
    if not (isinstance(item, type) and issubclass(item, BaseModel)):
        return Annotated[kind, Field(min_length=1)]
    strict = GenericAlias(list, (strict_reply(item),))
    return Annotated[strict, Field(min_length=verdicts or 1, max_length=verdicts)]
