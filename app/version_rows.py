"""Version rows: what the ledger and the cache say of each scored Version, for programs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.held_objects import at_hand
from eval.ledger import Ledger, Link, Record


def version_rows(records: Sequence[Record], ledger: Ledger, cache: Path) -> list[dict[str, Any]]:
    """Return a JSON object for each Record, as docs/ledger.md describes it.

    Raises:
        LedgerError: the chain or the aliases cannot be read.
    """
    if not records:
        return []
    chain, aliases = ledger.chain(), ledger.aliases()
    present = {each: at_hand(cache, each) for each in {row.scorecard.version for row in records}}
    return [
        {
            **_recorded(record),
            **_standing(record.scorecard.version, chain, aliases),
            "at_hand": present[record.scorecard.version],
        }
        for record in records
    ]


def _recorded(record: Record) -> dict[str, Any]:
    """Return the Scorecard, whose metrics by Case tag give way to what a Record's tags say."""
    card = record.scorecard.model_dump(mode="json")
    return {
        **card,
        "by_tag": card["tags"],
        "run": record.run,
        "tags": dict(record.tags),
        "measurements": dict(record.measurements),
    }


def _standing(version: str, chain: Sequence[Link], aliases: Mapping[str, str]) -> dict[str, Any]:
    return {
        "champion": bool(chain) and chain[-1].version == version,
        "aliases": sorted(alias for alias, named in aliases.items() if named == version),
        "promoted": [number for number, link in enumerate(chain, 1) if link.version == version],
    }
