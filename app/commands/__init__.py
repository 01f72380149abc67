"""One file for each command of `winnow`, with the tables that it prints."""

__all__ = [
    "ask",
    "benchmark",
    "cases",
    "collect",
    "compare",
    "doctor",
    "documents",
    "fetch",
    "gate",
    "history",
    "promote",
    "run",
    "score",
    "versions",
    "workbench",
]
