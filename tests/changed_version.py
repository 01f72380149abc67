"""A Version with other settings in its manifest, which no stage had to build."""

from dataclasses import replace
from typing import Any

from pipeline.version import Version


def changed_version(version: Version, **sections: dict[str, Any]) -> Version:
    """Change keys of `retrieval` and `generation`, and of the params that built the files."""
    manifest = version.manifest
    update: dict[str, Any] = {
        name: getattr(manifest, name).model_copy(update=sections.pop(name))
        for name in ("retrieval", "generation")
        if name in sections
    }
    params = {name: {**manifest.params[name], **keys} for name, keys in sections.items()}
    changed = manifest.model_copy(update={**update, "params": {**manifest.params, **params}})
    return replace(version, id=f"{version.id} changed", manifest=changed)
