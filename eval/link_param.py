"""A link of the chain as a param of the ledger's run, which MLflow takes once."""

import json
import re
from collections.abc import Mapping

from eval.ledger import Link
from pipeline.errors import ConflictError, LedgerError

_PREFIX = "after."
_LONGEST = 250
_HASH = re.compile(r"[0-9a-f]{64}")


def param_name(previous: str | None) -> str:
    """Return the param of the link after a receipt, None for the first."""
    return f"{_PREFIX}{previous or 'first'}"


def param_value(link: Link) -> str:
    """Return a link as compact JSON, about 130 characters: MLflow cuts what is long.

    Raises:
        LedgerError: it is no link that could be read again, and a param cannot be taken back.
    """
    content = {"receipt": link.receipt, "version": link.version}
    value = json.dumps(content, sort_keys=True, separators=(",", ":"))
    if len(value) > _LONGEST or _read(value) != link:
        raise LedgerError(
            f"{value[:_LONGEST]} cannot be a link of the chain; a receipt is named by its SHA-256"
        )
    return value


def follow_params(params: Mapping[str, str]) -> tuple[Link, ...]:
    """Return the links that follow one another from the first one, whatever else is there.

    Raises:
        LedgerError: a link cannot be read, or leads back to an earlier one.
    """
    links: dict[str, Link] = {}
    name = param_name(None)
    while name in params:
        link = _read(params[name])
        if link is None:
            raise LedgerError(
                f"the param `{name}` of the run `ledger` in MLflow is no link of the chain "
                f"({params[name][:80]!r}); restore the MLflow store from a backup"
            )
        if link.receipt in links:
            raise LedgerError(
                f"the chain in MLflow leads back to the receipt {link.receipt} at its param "
                f"`{name}`; restore the MLflow store from a backup"
            )
        links[link.receipt] = link
        name = param_name(link.receipt)
    return tuple(links.values())


def conflict(link: Link, winner: Link) -> ConflictError:
    """Return the error for a link whose place another one took."""
    return ConflictError(
        f"somebody was first: {winner.version} became champion meanwhile (receipt "
        f"{winner.receipt[:12]}), so {link.version} did not; judge it against that champion with "
        f"`winnow gate {link.version}`, then run `winnow promote {link.version}` again"
    )


def broken_place(link: Link, previous: str | None) -> LedgerError:
    """Return the error for a link that would follow a receipt that is not in the chain."""
    return LedgerError(
        f"the receipt {link.receipt[:12]} would follow {previous}, which is not in the chain; run "
        "`winnow history --verify`"
    )


def _read(value: str) -> Link | None:
    try:
        content = json.loads(value)
        receipt, version = content["receipt"], content["version"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    named = isinstance(receipt, str) and _HASH.fullmatch(receipt)
    return Link(receipt, version) if named and isinstance(version, str) and version else None
