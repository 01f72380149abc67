"""Version names: which Version an alias, an experiment or the start of an id means."""

from collections.abc import Sequence

from eval.ledger import CHALLENGER, CHAMPION, Ledger, Record
from pipeline.errors import VersionError

SHORTEST_PREFIX = 4
_SHOWN = 8
_ENDING = ".dir"
_ID_LENGTH = 32 + len(_ENDING)


def named_version(name: str, ledger: Ledger) -> str:
    """Return the one version id that a name means.

    A name is `champion`, `challenger`, an experiment (its newest Version) or the start of an id.
    A full id is returned as it is, whether or not the ledger knows it.

    Raises:
        VersionError: too short, unknown, or a name of several Versions.
    """
    wanted = name.strip()
    prefix = wanted.lower()
    if prefix in (CHAMPION, CHALLENGER):
        return _holder(prefix, ledger)
    if len(prefix) == _ID_LENGTH and prefix.endswith(_ENDING):
        return prefix
    records = sorted(ledger.records(), key=lambda each: each.recorded, reverse=True)
    experiment = _newest(wanted, records)
    if len(prefix) < SHORTEST_PREFIX and experiment is None:
        raise VersionError(
            f"{name!r} is too short for a version id; "
            f"give at least {SHORTEST_PREFIX} characters (`winnow versions` lists them)"
        )
    known = list(dict.fromkeys(each.scorecard.version for each in records))
    long_enough = len(prefix) >= SHORTEST_PREFIX
    found = [each for each in known if long_enough and each.startswith(prefix)]
    if experiment is not None and experiment not in found:
        found.append(experiment)
    if len(found) == 1:
        return found[0]
    if not found:
        other = ", or name an experiment" if known else ""
        raise VersionError(f"no Version begins with {name!r}; {_candidates(known)}{other}")
    raise VersionError(f"{name!r} means {len(found)} Versions; {_candidates(found)}")


def _holder(alias: str, ledger: Ledger) -> str:
    """Return the Version of an alias; the champion's is what the receipts say."""
    version = ledger.champion() if alias == CHAMPION else ledger.aliases().get(alias)
    if not version:
        raise VersionError(f"there is no {alias} yet; name a Version by the start of its id")
    return version


def _newest(experiment: str, records: Sequence[Record]) -> str | None:
    named = (each for each in records if experiment and each.tags.get("experiment") == experiment)
    return next((each.scorecard.version for each in named), None)


def _candidates(versions: Sequence[str]) -> str:
    if not versions:
        return "none is recorded yet: build one with `winnow run`"
    shown = ", ".join(version[:12] for version in versions[:_SHOWN])
    return f"choose from {shown}{' …' if len(versions) > _SHOWN else ''}"
