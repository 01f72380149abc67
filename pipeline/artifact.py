"""Files that a stage writes: whole or not at all, and read back with a clear error."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.errors import ArtifactError

_REPAIR = "remove it and run `dvc repro`, which writes it again"


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
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ArtifactError(f"{path} is not valid JSON ({error}); {_REPAIR}") from None


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file whose bytes depend on the table and the library version alone."""
    with replacing_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_statistics=True)


def read_table(path: Path) -> pa.Table:
    """Read a Parquet file.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    try:
        # `read_table` would load pandas and Arrow's datasets, 50 MB and .3 s of an open Version.
        with pq.ParquetFile(path) as file:
            return file.read()
    except FileNotFoundError:
        raise _missing(path) from None
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ArtifactError(
            f"{path} is not a readable Parquet file ({reason}); {_REPAIR}"
        ) from None


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an npy file, whole or not at all."""
    with replacing_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def read_array(path: Path) -> NDArray[np.float32]:
    """Read an npy file.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    try:
        with path.open("rb") as file:
            array: NDArray[np.float32] = np.lib.format.read_array(file, allow_pickle=False)
    except FileNotFoundError:
        raise _missing(path) from None
    except Exception as error:
        # A broken header raises whatever the parser of Python literals raises.
        reason = " ".join(str(error).split())[:200]
        raise ArtifactError(f"{path} is not a readable npy file ({reason}); {_REPAIR}") from None
    return array


def map_array(path: Path) -> NDArray[Any]:
    """Open an npy file without reading it: what is asked for comes from the disk as it is.

    Raises:
        ArtifactError: the file is missing or broken.
    """
    try:
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise _missing(path) from None
    except Exception as error:
        # As in `read_array`; and what is shorter than its header says cannot be mapped.
        reason = " ".join(str(error).split())[:200]
        raise ArtifactError(f"{path} is not a readable npy file ({reason}); {_REPAIR}") from None
    return array


def _missing(path: Path) -> ArtifactError:
    return ArtifactError(f"{path} does not exist; run `dvc repro` or `dvc pull`")
