"""A Markdown table of medians: each measure in the unit that fits, the others' ratio to Winnow."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

Measured = Mapping[str, Mapping[str, Sequence[float]]]
"""Contender to measure to what each round gave."""

_PACKAGES = (
    "llama-index-core", "langchain-core", "langchain-community", "sentence-transformers", "torch",
    "onnxruntime", "faiss-cpu", "dvc",
)  # fmt: skip


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text as a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ratio_rows(
    measured: Measured, measures: Mapping[str, str], contenders: Mapping[str, str], base: str
) -> list[list[str]]:
    """Return a row for each measure: its name and each contender's median, beside `base`'s."""
    return [
        [shown, *(_cell(measured, name, measure, base) for name in contenders)]
        for measure, shown in measures.items()
    ]


def machine() -> str:
    """Say what the figures were measured on."""
    found = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}; {found}."
    )


def quantity(value: float, unit: str) -> str:
    """Write a value of `s`, `B` or `1` with three digits, in a unit that people read."""
    if unit == "1":
        return f"{value:,.0f}"
    if unit == "B":
        return f"{value / 1e6:,.0f} MB"
    if value < 0.9995:
        return f"{value * 1000:.3g} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def unit_of(measure: str) -> str:
    """Return the unit of a measure by its name."""
    return {"chunks": "1", "peak": "B"}.get(measure, "s")


def _cell(measured: Measured, name: str, measure: str, base: str) -> str:
    values = measured[name].get(measure)
    if not values:
        return ""
    shown = quantity(median(values), unit_of(measure))
    ours = measured[base].get(measure)
    if name == base or measure == "chunks" or not ours:
        return shown
    return f"{shown} ({median(values) / median(ours):.1f}×)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
