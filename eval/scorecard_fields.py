"""A Scorecard as the params, metrics and tags of a ledger's run, and back again."""

import base64
import binascii
import re
import zlib
from collections.abc import Mapping

from pydantic import ValidationError

from eval.ledger import Entry
from eval.scorecard import MetricSummary, Scorecard, SpendingByPart
from pipeline.digest import hash_text
from pipeline.errors import LedgerError

PARAM_LENGTH = 500
"""Characters of a param that every MLflow server since 2.0 takes."""
_PACKED = "scorecard"
_ABOUT = frozenset({"key", "version", "engine", "judge", "cases", "corpus"})
_PIECE = 4000
_UNSAFE = re.compile(r"[^\w\-. /]", re.ASCII)

Setting = str | int | float | bool


def params_of(settings: Mapping[str, Setting]) -> dict[str, str]:
    """Return settings as params, booleans as in YAML.

    A value of more than `PARAM_LENGTH` characters keeps its beginning and ends in
    `... sha256:<32 hex digits of the whole>`, so that two long values still differ; the whole
    value stands in the Scorecard.
    """
    return {safe_name(name): _param(value) for name, value in settings.items()}


def metrics_of(scorecard: Scorecard) -> dict[str, float]:
    """Return each metric's mean, `.low`, `.high`, `.coverage` and `.failed`, and the spending.

    A mean or bound that does not exist, because no Case was scored, is left out, and so is a
    cost that is not known.
    """
    numbers = _spending(scorecard.spending)
    for metric, summary in scorecard.metrics.items():
        numbers.update(_summary(safe_name(metric), summary))
    return numbers


def safe_name(name: str) -> str:
    """Return a name that MLflow takes: other characters than letters, digits, `-. /` become _."""
    return _UNSAFE.sub("_", name)


def tags_of(entry: Entry) -> dict[str, str]:
    """Return the tags of a run: what it measured, where that came from, and the Scorecard.

    The Scorecard is compressed JSON in a few short pieces, `scorecard` says how many: tags come
    back with a search for runs, so that hundreds of Scorecards need no download.
    """
    card = entry.scorecard
    about = {"key": card.key, "version": card.version, "engine": card.engine, "judge": card.judge}
    about |= {"cases": card.cases.hash, "corpus": card.corpus}
    return {**entry.tags, **about, **_pack(card)}


def origin_of(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the entry's own tags among those that `tags_of` made."""
    return {
        name: value
        for name, value in tags.items()
        if name not in _ABOUT and name.partition(".")[0] != _PACKED
    }


def unpack(run: str, tags: Mapping[str, str]) -> Scorecard:
    """Return the Scorecard that `tags_of` put into the tags of a run.

    Raises:
        LedgerError: a piece is missing or broken, or another Winnow wrote a newer format.
    """
    try:
        text = "".join(tags[f"{_PACKED}.{number}"] for number in range(int(tags[_PACKED])))
        content = zlib.decompress(base64.b64decode(text, validate=True))
        return Scorecard.model_validate_json(content)
    except (KeyError, ValueError, binascii.Error, zlib.error, ValidationError) as error:
        reason = type(error).__name__
        raise LedgerError(
            f"the Scorecard of the MLflow run {run} cannot be read ({reason}); update Winnow if "
            f"a newer one wrote it, else run `mlflow runs delete --run-id {run}`"
        ) from error


def _pack(scorecard: Scorecard) -> dict[str, str]:
    packed = zlib.compress(scorecard.model_dump_json().encode("utf-8"), level=9)
    text = base64.b64encode(packed).decode("ascii")
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    numbered = {f"{_PACKED}.{number}": piece for number, piece in enumerate(pieces)}
    return {_PACKED: str(len(pieces)), **numbered}


def _summary(name: str, summary: MetricSummary) -> dict[str, float]:
    numbers = {name: summary.mean, f"{name}.low": summary.low, f"{name}.high": summary.high}
    known = {key: value for key, value in numbers.items() if value is not None}
    failed = float(sum(summary.failed.values()))
    return {**known, f"{name}.coverage": summary.coverage, f"{name}.failed": failed}


def _spending(spending: SpendingByPart) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for part, spent in (("answer", spending.answer), ("judge", spending.judge)):
        numbers[f"spending.{part}.tokens"] = float(spent.tokens)
        if spent.cost is not None:
            numbers[f"spending.{part}.cost"] = spent.cost
    return numbers


def _param(value: Setting) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) <= PARAM_LENGTH:
        return text
    ending = f"... sha256:{hash_text(text)}"
    return text[: PARAM_LENGTH - len(ending)] + ending
