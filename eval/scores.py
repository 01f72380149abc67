"""Scores as Parquet: long form, a row for each Case and metric."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from eval.score import Score
from pipeline.artifact import read_table, write_table
from pipeline.errors import ArtifactError

_SCHEMA = pa.schema(
    [
        ("case_id", pa.string()),
        ("metric", pa.string()),
        ("status", pa.string()),
        ("value", pa.float64()),
        ("reason", pa.string()),
    ]
)


def write_scores(path: Path, scores: Sequence[Score]) -> None:
    """Write Scores in the order given."""
    write_table(path, pa.Table.from_pylist([asdict(score) for score in scores], schema=_SCHEMA))


def read_scores(path: Path) -> list[Score]:
    """Read Scores back, in the order they were written.

    Raises:
        ArtifactError: the file is missing, broken or of another schema.
    """
    table = read_table(path)
    if table.schema.names != _SCHEMA.names:
        raise ArtifactError(f"{path} does not hold scores; remove it and run `dvc repro`")
    return [Score(**row) for row in table.to_pylist()]
