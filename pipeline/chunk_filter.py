"""Chunk filter: which chunks may be passages, by their Document, folder, language and tags."""

import logging
from collections.abc import Collection
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.chunks import ChunkTable
from pipeline.params import RetrievalParams
from pipeline.path_pattern import matches_any

Rows = NDArray[np.bool_]
"""Shape [chunks]: whether a row may be found."""


def allowed_rows(chunks: ChunkTable, params: RetrievalParams) -> Rows | None:
    """Return the rows that meet every filter that is given, or None where none is."""
    masks = []
    if params.documents or params.folders:
        masks.append(_by_path(chunks.column("document"), params))
    if params.languages:
        masks.append(_among(chunks.column("language"), params.languages))
    if params.tags:
        masks.append(_by_tag(chunks.column("tags"), params.tags))
    if not masks:
        return None
    allowed: Rows = np.logical_and.reduce(masks)
    if not allowed.any():
        logging.getLogger("winnow").warning(
            "no chunk is in `retrieval.documents` %s, `folders` %s, `languages` %s and `tags` %s: "
            "no question will find a passage; change one of them",
            *map(list, (params.documents, params.folders, params.languages, params.tags)),
        )
    return allowed


def _by_path(paths: pa.Array, params: RetrievalParams) -> Rows:
    # A Document's path is looked at once, however many chunks it has.
    coded = paths.dictionary_encode()
    met = [_meets(path, params) for path in coded.dictionary.to_pylist()]
    meets: Rows = np.array(met, dtype=np.bool_)[coded.indices.to_numpy()]
    return meets


def _meets(path: str, params: RetrievalParams) -> bool:
    named = not params.documents or matches_any(path, params.documents)
    below = not params.folders or any(
        PurePosixPath(path).is_relative_to(folder) for folder in params.folders
    )
    return named and below


def _by_tag(tags: pa.Array, wanted: Collection[str]) -> Rows:
    import pyarrow.compute as pc

    carries = np.zeros(len(tags), dtype=np.bool_)
    rows = pc.list_parent_indices(tags).to_numpy()
    carries[rows[_among(pc.list_flatten(tags), wanted)]] = True
    return carries


def _among(values: pa.Array, wanted: Collection[str]) -> Rows:
    import pyarrow.compute as pc

    found = pc.is_in(values, value_set=pa.array(wanted, values.type))
    among: Rows = found.to_numpy(zero_copy_only=False)
    return among
