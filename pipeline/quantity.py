"""Quantities of tokens and dollars as a person reads them."""

_LEAST = 0.0001


def rounded(number: float) -> str:
    """Write a count with three digits or so: `999`, `6.1 k`, `410 k`, `1.4 M`."""
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if number >= 0.9995 * size:
            digits = 1 if number < 100 * size else 0
            return f"{number / size:.{digits}f}".removesuffix(".0") + f" {unit}"
    return f"{number:.0f}"


def tokens(count: int) -> str:
    """Write a count of tokens: `1 token`, `61 k tokens`."""
    return f"{rounded(count)} token{'s' * (count != 1)}"


def calls(count: int) -> str:
    """Write a count of calls: `1 call`, `97 calls`."""
    return f"{count} call{'s' * (count != 1)}"


def dollars(cost: float | None) -> str:
    """Write US dollars: `$1.20`, `$0.0042`, `<$0.0001`, `$0`; None is a price not known."""
    if cost is None:
        return "price unknown"
    if cost <= 0:
        return "$0"
    if cost < _LEAST:
        return f"<${_LEAST}"
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.4f}"
