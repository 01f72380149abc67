"""PromotionRequest: a Version that asks to become champion, judged, and promoted or refused."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from app.catalogue import open_library
from app.dvc_remote import DvcRemote, open_remote
from app.gate_report.report import GateReport
from app.gate_sides import GateSides, check_first, chosen_candidate
from app.judged_sides import judge_sides
from app.judgement import Judgement
from app.promotion import Promotion
from app.succession import Succession, Told
from app.workspace import Workspace
from eval.ledger import CHAMPION, Ledger, Link
from eval.params import GateParams
from eval.promotion_rule import Plea, Refusal, judge_plea
from pipeline.errors import DataError, PrerequisiteError, WinnowError
from pipeline.section import read_section

Shown = Callable[[GateReport], None]


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """What was asked for; `remote` is a name in DVC's configuration, the default where None."""

    place: Workspace
    candidate: str | None = None
    first: bool = False
    plea: Plea = Plea()
    upload: bool = True
    remote: str | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            DataError: a remote is named, and nothing is to be uploaded.
        """
        if self.remote is not None and not self.upload:
            raise DataError(f"--no-upload and --remote {self.remote}: give the one that it is")


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request; `experiment` is of DVC, where the Version is of another's params.

    `already` says that it was champion before; of a `refusal`, `judged` is the Verdict's report.
    """

    version: str
    already: bool = False
    refusal: Refusal | None = None
    judged: GateReport | None = None
    experiment: str | None = None


def answer_request(
    request: PromotionRequest, environ: Mapping[str, str], told: Told, shown: Shown
) -> Answer:
    """Judge a Version against the champion of now, and promote it if it may be.

    Args:
        request: What was asked for.
        environ: Says who asks, and with which key receipts are signed.
        told: Is told after each step of the promotion.
        shown: Is given the Verdict's report before anything is changed.

    Raises:
        ConflictError: somebody else's promotion came first.
        PrerequisiteError: there is no champion and no first release was asked for, or no remote.
        WinnowError: it could not be judged or promoted.
    """
    place = request.place
    with open_library(place) as library, _remote(request) as remote:
        ledger = library.ledger
        # Read before judging: the receipt follows this head, or nobody's.
        chain = ledger.chain()
        version = chosen_candidate(place, request.candidate, ledger)
        if chain and chain[-1].version == version:
            Succession(ledger, remote, lambda *_: None).complete(chain[-1])
            return Answer(version, already=True)
        sides = _sides(request, version, chain[-1] if chain else None, ledger)
        _check_remote(request, version, remote)
        promotion = Promotion(place, ledger, remote, environ, told)
        judgement = _judged(request, sides)
        shown(judgement.report)
        policy = read_section(place.params, "gate", GateParams).on_inconclusive
        permission = judge_plea(judgement.verdict.outcome, request.plea, policy)
        if isinstance(permission, Refusal):
            return Answer(version, refusal=permission, judged=judgement.report)
        promotion.carry_out(judgement, permission, chain)
        return Answer(version, experiment=_experiment(place, version, ledger))


def _remote(request: PromotionRequest) -> AbstractContextManager[DvcRemote | None]:
    return open_remote(request.place, request.remote) if request.upload else nullcontext()


def _sides(request: PromotionRequest, version: str, head: Link | None, ledger: Ledger) -> GateSides:
    if request.first:
        check_first(head.version if head else None)
        return GateSides(version, None, None, ledger=ledger)
    if head is None:
        raise PrerequisiteError(
            "there is no champion yet: promote a first release, judged by its floors alone, with "
            "`winnow promote --first`"
        )
    return GateSides(version, head.version, CHAMPION, ledger=ledger)


def _check_remote(request: PromotionRequest, version: str, remote: DvcRemote | None) -> None:
    """Ask the remote once before judging, which may take long and cost money."""
    if remote is not None:
        remote.missing([version])
    elif request.upload:
        raise PrerequisiteError(
            "no remote is configured, where a promoted Version is found by others: name one with "
            "`dvc remote add -d NAME URL`, start a local one with `make s3`, or give --no-upload"
        )


def _judged(request: PromotionRequest, sides: GateSides) -> Judgement:
    """Judge; where only the champion is in the way, an override is judged by floors alone."""
    try:
        return judge_sides(request.place, sides, explained=False)
    except WinnowError as error:
        if request.plea.override is None or sides.baseline is None:
            raise
        alone = replace(sides, baseline=None, against=None)
        judgement = judge_sides(request.place, alone, explained=False)
        notes = (*judgement.verdict.notes, f"the champion could not be judged: {error}")
        return replace(
            judgement,
            verdict=replace(judgement.verdict, notes=notes),
            report=judgement.report.model_copy(update={"notes": notes}),
        )


def _experiment(place: Workspace, version: str, ledger: Ledger) -> str | None:
    if place.version == version:
        return None
    records = (each for each in ledger.records() if each.scorecard.version == version)
    return next((each.tags["experiment"] for each in records if "experiment" in each.tags), None)
