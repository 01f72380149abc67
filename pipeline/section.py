"""Section: one section of params.yaml as a frozen model, and how it is read."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import ParamsError


class Section(BaseModel):
    """One section of params.yaml: frozen, every key required, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


SectionT = TypeVar("SectionT", bound=BaseModel)


def read_mapping(path: Path) -> dict[str, Any]:
    """Read params.yaml as it stands, unvalidated.

    Raises:
        ParamsError: the file is missing or no mapping of sections.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path} does not exist; restore it with `git checkout {path}`") from None
    except yaml.YAMLError as error:
        raise ParamsError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path} cannot be read ({error}); save it as UTF-8 text") from None
    if not isinstance(content, dict):
        raise ParamsError(f"{path} must hold sections like `chunk:`, not {type(content).__name__}")
    return content


def parse_section(model: type[SectionT], name: str, value: object) -> SectionT:
    """Validate one section, saying every fault in one line.

    Raises:
        ParamsError: naming each unknown, missing or impossible key.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        known = list(model.model_fields)
        faults = [_fault(name, dict(each), known) for each in error.errors()]
        raise ParamsError("params.yaml: " + "; ".join(faults)) from None


def read_section(path: Path, name: str, model: type[SectionT]) -> SectionT:
    """Read and validate the section `name` of params.yaml."""
    content = read_mapping(path)
    if name not in content:
        hint = _suggest(name, [str(section) for section in content])
        raise ParamsError(f"{path} lacks the section `{name}`{hint}")
    return parse_section(model, name, content[name])


def _fault(section: str, fault: Mapping[str, Any], known: list[str]) -> str:
    key = ".".join([section, *map(str, fault["loc"])])
    if fault["type"] == "extra_forbidden":
        leaf = str(fault["loc"][-1])
        return f"unknown key `{key}`{_suggest(leaf, known)}"
    if fault["type"] == "missing":
        return f"missing key `{key}`"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"`{key}` is {fault['input']!r}: {message}"


def _suggest(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean `{close[0]}`?)" if close else f" (known: {', '.join(known)})"
