"""Rows in Parquet and arrays in npy: the same content gives the same bytes.

Apart from `pipeline/files.py`, so that what reads no table does without Arrow and NumPy.
"""

from collections.abc import Iterable
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import TypeAdapter

from pipeline.errors import ArtifactError
from pipeline.files import reading, replacing_file

RowT = TypeVar("RowT")

_ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64()}


class Rows(Generic[RowT]):
    """Parquet files that hold instances of one dataclass, a column for each of its fields.

    Fields are str, int, float, tuples and dataclasses of them, or None. A column whose field has
    a default may be lacking: the file is from before there was one.
    """

    def __init__(self, model: type[RowT], called: str) -> None:
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
    with reading(path, "a readable Parquet file"), pq.ParquetFile(path) as file:
        return file.read()


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an npy file, whole or not at all."""
    with replacing_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def read_array(path: Path) -> NDArray[np.float32]:
    """Read an npy file.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    with reading(path, "a readable npy file"), path.open("rb") as file:
        array: NDArray[np.float32] = np.lib.format.read_array(file, allow_pickle=False)
    return array


def map_array(path: Path) -> NDArray[Any]:
    """Open an npy file without reading it: what is asked for comes from the disk as it is.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    with reading(path, "a readable npy file"):
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    return array


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
