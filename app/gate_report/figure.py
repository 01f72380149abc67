"""Figures of a Verdict as a person reads them, in whatever unit a metric has."""

DASH = "–"
_SHORT = 10


def figure(value: float | None) -> str:
    """Write a number with what matters of it: `0.714`, `58.1`, `412`, `0.00042`."""
    if value is None:
        return DASH
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 0.001 or size < 1e-12:
        return f"{value:.3f}" if size >= 1e-12 else "0.000"
    return f"{value:.2g}"


def signed(value: float | None) -> str:
    """Write a difference with its sign: `+0.021`, `-0.140`, `0.000`."""
    if value is None:
        return DASH
    text = figure(value)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def interval(low: float | None, high: float | None) -> str:
    """Write an interval: `-0.140 to +0.012`, or nothing where there is none."""
    return "" if low is None or high is None else f"{signed(low)} to {signed(high)}"


def short_id(version: str) -> str:
    """Return the first digits of a version id, enough to tell Versions apart."""
    return version[:_SHORT]


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: `1 Case`, `12 Cases`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
