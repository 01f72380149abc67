"""The rows of the retrieval tables: what each changes of params.yaml."""

from typing import Any

from eval.params import Params
from pipeline.params import parse_section

Changes = dict[str, dict[str, Any]]

DEFAULT = "default"


def _cut(method: str, size: int, **others: object) -> Changes:
    return {"chunk": {"method": method, "size": size, "overlap": 0, "prefix": "none", **others}}


SETTINGS: dict[str, dict[str, Changes]] = {
    "retrieval": {
        "dense": {"retrieval": {"mode": "dense"}},
        "lexical": {"retrieval": {"mode": "lexical"}},
        "reciprocal_rank, .5": {"retrieval": {"fusion": "reciprocal_rank", "weight": 0.5}},
        "min_max, .5": {"retrieval": {"fusion": "min_max", "weight": 0.5}},
        "min_max, .42": {"retrieval": {"fusion": "min_max", "weight": 0.42}},
        "without parts of words": {"index": {"part": 0}},
    },
    "choice": {
        "diversity .1": {"retrieval": {"diversity": 0.1}},
        "diversity .3": {"retrieval": {"diversity": 0.3}},
    },
    # IVF-PQ trains on more chunks than any of the sets has; index_growth.py measures it.
    "index": {
        "dense": {"retrieval": {"mode": "dense"}},
        "int8": {"encoder": {"precision": "int8"}},
        "int8, dense": {"encoder": {"precision": "int8"}, "retrieval": {"mode": "dense"}},
        "hnsw": {"index": {"kind": "hnsw"}},
        "hnsw, dense": {"index": {"kind": "hnsw"}, "retrieval": {"mode": "dense"}},
    },
    "chunking": {
        "recursive, 120": _cut("recursive", 120),
        "recursive, 200": _cut("recursive", 200),
        "recursive, 300": _cut("recursive", 300),
        "recursive, 400": _cut("recursive", 400),
        "recursive, 200, after title": _cut("recursive", 200, prefix="title"),
        "recursive, 200, after headings": _cut("recursive", 200, prefix="headings"),
        "headings, 120": _cut("headings", 120),
        "headings, 150": _cut("headings", 150),
        "headings, 200": _cut("headings", 200),
        "headings, 300": _cut("headings", 300),
        "headings, 200, after headings": _cut("headings", 200, prefix="headings"),
        "sentence, window 2": _cut("sentence", 200, window=2),
        "semantic, 200": _cut("semantic", 200),
        "small_to_big, 200 in 600": _cut("small_to_big", 200, parent=600),
        "small_to_big, 80 in 200": _cut("small_to_big", 80, parent=200),
        "neighbours 1": {"retrieval": {"neighbours": 1}},
        "neighbours 2": {"retrieval": {"neighbours": 2}},
    },
}
"""Group to rows. Those of `chunking` hand out passages of different lengths."""


def rows_of(group: str, params: Params) -> dict[str, Params]:
    """Return the params of a group's rows, the default first."""
    rows: dict[str, Changes] = {DEFAULT: {}, **SETTINGS[group]}
    return {name: changed(params, changes) for name, changes in rows.items()}


def of_parts(group: str, row: str) -> bool:
    """Whether a row is about parts of Documents, so that it says nothing where each is one."""
    changes = SETTINGS[group].get(row, {})
    return "chunk" in changes or "neighbours" in changes.get("retrieval", {})


def changed(params: Params, changes: Changes) -> Params:
    """Return params with some keys of some sections changed, validated as a file is."""
    content = params.model_dump(mode="json")
    for section, keys in changes.items():
        content[section] |= keys
    return parse_section(Params, "params", content)
