"""Receipt draft: what every receipt tells of its place in the chain, its Version and its maker."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.actor import actor
from app.workspace import Workspace
from eval.ledger import Link
from eval.provenance import provenance
from eval.receipt import Receipt
from pipeline.digest import hash_file


def draft_receipt(
    place: Workspace,
    chain: Sequence[Link],
    to: str,
    files: Mapping[str, Path],
    environ: Mapping[str, str],
    **told: Any,
) -> Receipt:
    """Return the unsigned receipt that follows a chain as it was read.

    Args:
        place: Where the code stands.
        chain: Every link so far.
        to: The Version that becomes champion.
        files: Its files, each verified by its MD5.
        environ: Says who acts.
        told: The other fields of a receipt: kind, grounds, reason and the rest.
    """
    head = chain[-1] if chain else None
    origin = provenance(place.root, environ)
    return Receipt(
        number=len(chain) + 1,
        previous=head.receipt if head else None,
        from_=head.version if head else None,
        to=to,
        who=actor(place.root, environ),
        when=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        revision=origin["baseline"],
        dirty=origin["dirty"],
        files={name: hash_file(path) for name, path in sorted(files.items())},
        **told,
    )
