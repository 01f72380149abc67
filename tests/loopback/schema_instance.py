"""Schema instance: the least JSON that a schema takes."""

from typing import Any

_EMPTY: dict[str, Any] = {"boolean": False, "null": None}


def instance(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """Return a value that is valid by the schema; `$ref` points into its root."""
    root = schema if root is None else root
    if "$ref" in schema:
        return instance(_resolved(schema["$ref"], root), root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return instance(schema[name][0], root)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _of_type(kind[0] if isinstance(kind, list) else kind, schema, root)


def _of_type(kind: str, schema: dict[str, Any], root: dict[str, Any]) -> Any:
    if kind == "object":
        properties = schema.get("properties", {})
        needed = schema.get("required", [])
        return {name: instance(properties.get(name, {}), root) for name in needed}
    if kind == "array":
        return [instance(schema.get("items", {}), root)] * int(schema.get("minItems", 0))
    if kind == "string":
        return "-" * int(schema.get("minLength", 0))
    if kind in ("integer", "number"):
        return max(0, schema.get("minimum", 0), schema.get("exclusiveMinimum", -1) + 1)
    return _EMPTY[kind]


def _resolved(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)
