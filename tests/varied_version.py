"""Another Version of the same parts, put into DVC's cache without a build, for tests."""

import hashlib
import json

from app.version_objects import cached_object, version_objects
from app.workspace import Workspace


def vary(place: Workspace, version: str, **retrieval: object) -> str:
    """Change settings of retrieval in a Version's manifest; return the id of what that makes."""
    files = dict(version_objects(place, version).files)
    manifest = json.loads(cached_object(place, files["manifest.json"]).read_bytes())
    manifest["retrieval"] |= retrieval
    files["manifest.json"] = _keep(place, json.dumps(manifest, sort_keys=True).encode())
    rows = [{"md5": files[name], "relpath": name} for name in sorted(files)]
    return _keep(place, json.dumps(rows, sort_keys=True).encode(), ".dir")


def _keep(place: Workspace, content: bytes, ending: str = "") -> str:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest() + ending
    path = cached_object(place, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return digest
