"""Changing params.yaml by `KEY=VALUE`, its comments kept, nothing written unless it is valid."""

import io
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from eval.params import Params, read_params
from pipeline.errors import ParamsError
from pipeline.files import write_text
from pipeline.params import parse_section, read_mapping


def change_settings(params: Path, settings: Sequence[str]) -> None:
    """Set dotted keys in params.yaml to YAML values.

    Raises:
        ParamsError: a setting is no KEY=VALUE, names an unknown key, or has a bad value.
    """
    if settings:
        write_text(params, _changed(params, settings)[0])


def settled_params(params: Path, settings: Sequence[str]) -> Params:
    """Return the Params as `change_settings` would leave them, and write nothing.

    Raises:
        ParamsError: what `change_settings` raises, or a fault that params.yaml has already.
    """
    return _changed(params, settings)[1] if settings else read_params(params)


def _changed(params: Path, settings: Sequence[str]) -> tuple[str, Params]:
    read_mapping(params)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    # ruamel leaves nothing behind the colon of a null.
    yaml.representer.add_representer(
        type(None), lambda own, _: own.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    try:
        content = yaml.load(params.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise ParamsError(f"{params} is not valid YAML: {' '.join(str(error).split())}") from None
    for setting in settings:
        _apply(content, setting)
    plain = _plain(content)
    for name, field in Params.model_fields.items():
        if name in plain and isinstance(field.annotation, type):
            parse_section(field.annotation, name, plain[name])
    settled = parse_section(Params, "params", plain)
    text = io.StringIO()
    yaml.dump(content, text)
    return text.getvalue(), settled


def _apply(content: Any, setting: str) -> None:
    key, equals, value = setting.partition("=")
    section, dot, name = key.strip().partition(".")
    if not equals or not dot or not name:
        raise ParamsError(f"--set {setting!r}: write SECTION.KEY=VALUE, as in chunk.size=200")
    *parents, leaf = name.split(".")
    target = content.get(section)
    if isinstance(target, dict) and (parents or [leaf])[0] not in target:
        target = None
    for parent in parents:
        target = target.get(parent) if isinstance(target, dict) else None
    if not isinstance(target, dict):
        raise ParamsError(f"--set {setting!r}: no such key; {_hint(section, name, content)}")
    try:
        target[leaf] = YAML(typ="safe").load(value)
    except YAMLError:
        raise ParamsError(f"--set {setting!r}: {value!r} is no YAML value") from None


def _hint(section: str, name: str, content: Any) -> str:
    """Name the key that was probably meant, or those that there are."""
    keys = content.get(section)
    if isinstance(keys, dict):
        close = [f"{section}.{key}" for key in get_close_matches(name, list(keys), n=1)]
        there = [f"{section}.{key}" for key in keys]
    else:
        sections = ((top, keys) for top, keys in content.items() if isinstance(keys, dict))
        known = [f"{top}.{key}" for top, keys in sections for key in keys]
        close = get_close_matches(f"{section}.{name}", known, n=1)
        there = [str(each) for each in content]
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(there)}"


def _plain(value: Any) -> Any:
    """Return plain Python values for ruamel's, which carry comments."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
