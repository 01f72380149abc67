"""Vectors of texts that were encoded before, kept on disk for builds and in memory for answers."""

import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from pipeline.encoders.encoder import Encoder, EncoderCard, as_rows
from pipeline.files import hash_text

_ASKED = 500
"""Texts asked for in one query; SQLite limits how many a query can name."""
_PATIENCE = 30.0
"""Seconds to wait for another build that writes."""
_REMEMBERED = 8192
"""Vectors kept in memory, those used last; of 384 numbers they take 13 MB."""


class EmbeddingCache:
    """One SQLite file for each encoder and precision, a row for each hash of a text.

    It may be deleted at any time. A damaged file is removed and made anew; where nothing can be
    written, a warning says so and nothing is kept.
    """

    def __init__(self, folder: Path, card: EncoderCard) -> None:
        self._path = folder / f"{card.hash}-{card.precision}.sqlite"
        self._bytes = card.dimension * np.dtype(np.float32).itemsize

    def get(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors that are known, by text."""
        if not self._path.is_file():
            return {}
        wanted = {_key(text): text for text in texts}
        found: dict[str, NDArray[np.float32]] = {}
        with self._repairing(), closing(self._connection()) as connection:
            for key, value in _rows(connection, list(wanted)):
                # A row of another length is damaged; it is replaced by what is embedded next.
                if len(value) == self._bytes:
                    found[wanted[key]] = np.frombuffer(value, dtype="<f4")
        return found

    def put(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors by text, all of them or none."""
        rows = [(_key(text), vector.astype("<f4").tobytes()) for text, vector in vectors.items()]
        with self._repairing():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connection()) as connection, connection:
                connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def _connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_PATIENCE)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"
        )
        return connection

    @contextmanager
    def _repairing(self) -> Iterator[None]:
        log = logging.getLogger("winnow")
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            log.warning("embed: %s cannot be used (%s): nothing is kept", self._path, error)
        except sqlite3.DatabaseError as error:
            log.warning("embed: %s is damaged (%s): it is made anew", self._path, error)
            self._path.unlink(missing_ok=True)


def _key(text: str) -> bytes:
    return bytes.fromhex(hash_text(text))


def _rows(connection: sqlite3.Connection, keys: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for first in range(0, len(keys), _ASKED):
        asked = keys[first : first + _ASKED]
        marks = ", ".join("?" * len(asked))
        query = f"SELECT text, vector FROM vectors WHERE text IN ({marks})"
        yield from connection.execute(query, asked)


class RememberingEncoder:
    """Encodes through another Encoder what it has not encoded lately; threads may share it."""

    def __init__(self, encoder: Encoder, kept: int = _REMEMBERED) -> None:
        self._encoder = encoder
        self._kept = kept
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    @property
    def hash(self) -> str:
        """Content hash of all that determines a vector."""
        return self._encoder.hash

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str], progress: str | None = None) -> NDArray[np.float32]:
        """Return unit vectors, shape [len(texts), dimension]; `progress` names a bar to show."""
        with self._lock:
            found = {text: self._vectors[text] for text in texts if text in self._vectors}
        missing = list(dict.fromkeys(text for text in texts if text not in found))
        if missing:
            # A row of its own, so that what is kept does not keep the whole batch.
            vectors = [vector.copy() for vector in self._encoder.encode(missing, progress)]
            found.update(zip(missing, vectors, strict=True))
        with self._lock:
            for text in dict.fromkeys(texts):
                self._vectors[text] = found[text]
                self._vectors.move_to_end(text)
            while len(self._vectors) > self._kept:
                self._vectors.popitem(last=False)
        return as_rows(texts, found, self.dimension)
