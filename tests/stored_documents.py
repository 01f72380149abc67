"""What `ingest` wrote for built Versions, in a cache as DVC lays it out."""

import json
import shutil
from pathlib import Path

from pipeline.digest import directory_hash, folder_files, hash_file
from pipeline.stage_output import StageOutputs
from pipeline.version_store import VersionStore


def stored_documents(cache: Path, *works: Path) -> StageOutputs:
    """Keep the Documents of the folders that `build_version` worked in."""
    for work in works:
        files = folder_files(work / "documents")
        rows = []
        for name, path in files.items():
            digest = hash_file(path, "md5")
            rows.append({"md5": digest, "relpath": name})
            shutil.copyfile(path, _object(cache, digest))
        _object(cache, directory_hash(files)).write_text(json.dumps(rows), encoding="utf-8")
    return StageOutputs(VersionStore(cache))


def _object(cache: Path, digest: str) -> Path:
    path = cache / "files" / "md5" / digest[:2] / digest[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
