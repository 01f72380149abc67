"""Projection: the aliases of the registered model, as the chain says they must stand."""

from eval.ledger import CHALLENGER, CHAMPION, Ledger, Link


def follow_chain(ledger: Ledger) -> None:
    """Let the alias `champion` name the chain's last Version, and no challenger be the champion.

    The chain is read again after writing until it stays the same: of several who write, the last
    one has seen the last link. An alias that stands right is not written; with an empty chain
    nothing is.

    Raises:
        LedgerError: the ledger cannot be reached, or the champion's Scorecard is not recorded.
    """
    links = ledger.chain()
    followed: Link | None = None
    while links and links[-1] != followed:
        followed = links[-1]
        aliases = ledger.aliases()
        if aliases.get(CHAMPION) != followed.version:
            ledger.point(CHAMPION, followed.version)
        if aliases.get(CHALLENGER) == followed.version:
            ledger.point(CHALLENGER, None)
        links = ledger.chain()


def challenge(ledger: Ledger, version: str) -> None:
    """Let the alias `challenger` name a Version that passed the gate against the champion.

    Where there is no champion, nothing can be challenged, and nothing is written; nor is it where
    the Version is champion itself.

    Raises:
        LedgerError: the ledger cannot be reached, or no Scorecard of that Version is recorded.
    """
    champion = ledger.champion()
    if champion in (None, version):
        return
    if ledger.aliases().get(CHALLENGER) != version:
        ledger.point(CHALLENGER, version)
    # It may have become champion while it was pointed at.
    if ledger.champion() == version:
        ledger.point(CHALLENGER, None)
