"""Files that a stage writes: whole or not at all, and read back with a clear error."""

import fnmatch
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.errors import ArtifactError, one_line

ModelT = TypeVar("ModelT", bound=BaseModel)

_REPAIR = "remove it and run `dvc repro`, which writes it again"
_BLOCK = 1 << 20


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is synced and renamed to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; on success it takes the place of `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp"))
    try:
        yield temporary
        temporary.chmod(0o755)
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all."""
    with replacing_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: object) -> None:
    """Write canonical JSON: sorted keys, two spaces, a final newline, no NaN."""
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    with reading(path, "valid JSON"):
        return json.loads(path.read_text(encoding="utf-8"))


def read_model(path: Path, model: type[ModelT]) -> ModelT:
    """Read a JSON file of one form.

    Raises:
        ArtifactError: the file is missing, broken or of another form.
    """
    try:
        return model.model_validate(read_json(path))
    except ValidationError as error:
        raise broken(path, one_line(error, 200)) from None


def broken(path: Path, reason: str) -> ArtifactError:
    """Return the error of a file that is there and not what it should be."""
    return ArtifactError(f"{path} is broken ({reason}); remove it and run `dvc repro`")


def check_complete(files: Mapping[str, Path], names: Sequence[str], part: str) -> None:
    """Refuse files of a `part`, such as the encoder, that lack one of these names."""
    for name in names:
        if name not in files:
            raise ArtifactError(f"the {part} lacks {name}; run `dvc repro` or `dvc pull`")


@contextmanager
def reading(path: Path, form: str) -> Iterator[None]:
    """Turn what a library raises over a file into one line with the file and the fix.

    Raises:
        ArtifactError: the file is missing, or is not of its `form`, such as "valid JSON".
    """
    try:
        yield
    except FileNotFoundError:
        raise ArtifactError(f"{path} does not exist; run `dvc repro` or `dvc pull`") from None
    except Exception as error:
        # Each library has errors of its own: a broken npy header raises what Python's parser does.
        raise ArtifactError(f"{path} is not {form} ({one_line(error, 200)}); {_REPAIR}") from None


def hash_text(text: str) -> str:
    """Return the first 32 hex digits of the SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def hash_of(value: object) -> str:
    """Hash a JSON-able value; the order of mapping keys does not matter."""
    return hash_text(json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False))


def hash_file(path: Path, algorithm: str = "sha256") -> str:
    """Return the hex digest of a file's bytes."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def folder_files(folder: Path) -> dict[str, Path]:
    """Map each file below a folder by its relative path with forward slashes.

    Raises:
        ArtifactError: the folder does not exist.
    """
    if not folder.is_dir():
        raise ArtifactError(f"the folder {folder} does not exist; run `dvc repro` or `dvc pull`")
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in paths}


def directory_hash(files: Mapping[str, Path]) -> str:
    """Return DVC's hash of a directory that holds these files, with its `.dir` ending.

    The MD5 of the JSON list of {md5, relpath}, rows sorted by relpath as a string: what DVC 3
    writes into dvc.lock and into its cache (dvc-data, `hashfile/tree.py`).
    """
    rows = [
        {"md5": hash_file(files[relpath], "md5"), "relpath": relpath} for relpath in sorted(files)
    ]
    listing = json.dumps(rows, sort_keys=True).encode("utf-8")
    return hashlib.md5(listing, usedforsecurity=False).hexdigest() + ".dir"


def matches_any(relative: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern matches a relative path, as a whole or by its last part alone."""
    name = PurePosixPath(relative).name
    return any(
        fnmatch.fnmatchcase(relative, each) or fnmatch.fnmatchcase(name, each) for each in patterns
    )
