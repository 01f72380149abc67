"""Changing params.yaml by `KEY=VALUE`, its comments kept, nothing written unless it is valid."""

import io
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from eval.params import Params
from pipeline.artifact import write_text
from pipeline.errors import ParamsError
from pipeline.params import parse_section, read_mapping


def change_settings(params: Path, settings: Sequence[str]) -> None:
    """Set dotted keys in params.yaml to YAML values.

    Raises:
        ParamsError: a setting is no KEY=VALUE, names an unknown key, or has a bad value.
    """
    if not settings:
        return
    read_mapping(params)
    yaml = YAML()
    yaml.preserve_quotes = True
    content = yaml.load(params.read_text(encoding="utf-8"))
    for setting in settings:
        _apply(content, setting)
    for name, field in Params.model_fields.items():
        if isinstance(field.annotation, type):
            parse_section(field.annotation, name, _plain(content.get(name)))
    text = io.StringIO()
    yaml.dump(content, text)
    write_text(params, text.getvalue())


def _apply(content: Any, setting: str) -> None:
    key, equals, value = setting.partition("=")
    section, dot, name = key.strip().partition(".")
    if not equals or not dot or not name:
        raise ParamsError(f"--set {setting!r}: write SECTION.KEY=VALUE, as in chunk.size=200")
    known = _known_keys(content)
    top = f"{section}.{name.partition('.')[0]}"
    if top not in known:
        close = get_close_matches(f"{section}.{name}", known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
        raise ParamsError(f"--set {setting!r}: no such key; {hint}")
    try:
        parsed = YAML(typ="safe").load(value)
    except YAMLError:
        raise ParamsError(f"--set {setting!r}: {value!r} is no YAML value") from None
    target = content[section]
    *parents, leaf = name.split(".")
    for parent in parents:
        target = target[parent]
    target[leaf] = parsed


def _known_keys(content: Any) -> list[str]:
    return [f"{section}.{key}" for section, values in content.items() for key in values]


def _plain(value: Any) -> Any:
    """Return plain Python values for ruamel's, which carry comments."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
