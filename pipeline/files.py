"""Files that a stage writes: whole or not at all, and read back with a clear error."""

import fnmatch
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel, TypeAdapter, ValidationError

from pipeline.errors import ArtifactError

ModelT = TypeVar("ModelT", bound=BaseModel)
RowT = TypeVar("RowT")

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
    with _reading(path, "valid JSON"):
        return json.loads(path.read_text(encoding="utf-8"))


def read_model(path: Path, model: type[ModelT]) -> ModelT:
    """Read a JSON file of one form.

    Raises:
        ArtifactError: the file is missing, broken or of another form.
    """
    try:
        return model.model_validate(read_json(path))
    except ValidationError as error:
        reason = " ".join(str(error).split())[:200]
        raise ArtifactError(f"{path} is broken ({reason}); remove it and run `dvc repro`") from None


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file whose bytes depend on the table and the library version alone."""
    with replacing_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_statistics=True)


def read_table(path: Path) -> pa.Table:
    """Read a Parquet file.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    # `pq.read_table` would load pandas and Arrow's datasets, 50 MB and .3 s of an open Version.
    with _reading(path, "a readable Parquet file"), pq.ParquetFile(path) as file:
        return file.read()


class Rows(Generic[RowT]):
    """Parquet files that hold instances of one dataclass, a column for each of its fields.

    Fields are str, int, float, tuples and dataclasses of them, or None. A column whose field has
    a default may be lacking: the file is from before there was one.
    """

    def __init__(self, model: type[RowT], called: str) -> None:
        """Take the dataclass, and what its instances are called where a file holds others."""
        self._model = model
        self._called = called

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns in the order of the fields."""
        hints = get_type_hints(self._model)
        columns = {name: _arrow_type(hint) for name, hint in hints.items()}
        # An array of texts would otherwise hold 2 GB at most.
        return pa.schema(columns | ({"text": pa.large_string()} if "text" in columns else {}))

    def write(self, path: Path, rows: Iterable[RowT]) -> None:
        """Write rows in the order given."""
        values = [asdict(row) for row in rows]  # type: ignore[call-overload]
        write_table(path, pa.Table.from_pylist(values, schema=self.schema))

    def read(self, path: Path) -> list[RowT]:
        """Read rows back, in the order they were written.

        Raises:
            ArtifactError: the file is missing, broken or of other rows.
        """
        return self.made(self.read_table(path))

    def read_table(self, path: Path) -> pa.Table:
        """Read rows as a table; raises what `read` does."""
        table = read_table(path)
        later = {each.name for each in fields(self._model) if each.default is not MISSING}  # type: ignore[arg-type]
        if later | set(table.schema.names) != set(self.schema.names):
            raise ArtifactError(
                f"{path} does not hold {self._called}; remove it and run `dvc repro`"
            )
        return table

    def made(self, table: pa.Table) -> list[RowT]:
        """Return the rows of a table that was read."""
        return self._adapter.validate_python(table.to_pylist())

    @cached_property
    def _adapter(self) -> TypeAdapter[list[RowT]]:
        return TypeAdapter(list[self._model])  # type: ignore[name-defined]


_ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64()}


def _arrow_type(hint: Any) -> pa.DataType:
    if is_dataclass(hint):
        parts = get_type_hints(hint)
        return pa.struct([(name, _arrow_type(part)) for name, part in parts.items()])
    if hint in _ARROW:
        return _ARROW[hint]
    inner = next(each for each in get_args(hint) if each is not NoneType)
    if get_origin(hint) is tuple:
        return pa.list_(_arrow_type(inner))
    # A type or None; or a Literal, of which one word stands for all.
    return _arrow_type(type(inner) if isinstance(inner, str) else inner)


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an npy file, whole or not at all."""
    with replacing_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def read_array(path: Path) -> NDArray[np.float32]:
    """Read an npy file.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    with _reading(path, "a readable npy file"), path.open("rb") as file:
        array: NDArray[np.float32] = np.lib.format.read_array(file, allow_pickle=False)
    return array


def map_array(path: Path) -> NDArray[Any]:
    """Open an npy file without reading it: what is asked for comes from the disk as it is.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    with _reading(path, "a readable npy file"):
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    return array


@contextmanager
def _reading(path: Path, form: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ArtifactError(f"{path} does not exist; run `dvc repro` or `dvc pull`") from None
    except Exception as error:
        # Each library has errors of its own: a broken npy header raises what Python's parser does.
        reason = " ".join(str(error).split())[:200]
        raise ArtifactError(f"{path} is not {form} ({reason}); {_REPAIR}") from None


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
