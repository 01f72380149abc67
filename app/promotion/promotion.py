"""Promotion: a judged Version is stored where others find it, then made champion by a receipt."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace

from app.gate.sides import GateSides, check_first, chosen_candidate
from app.gate.trial import Judgement, judge_sides
from app.library import open_library
from app.promotion.receipts import SignedReceipt, Succession, Told, draft_receipt, sign_receipt
from app.report.report import GateReport
from app.storage.remote import DvcRemote, open_remote
from app.storage.version_objects import VersionObjects, folder_files, keep_version, version_objects
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHAMPION, Ledger, Link
from eval.ledger.recording import SCORECARD, SCORES, provenance, record_scorecard
from eval.params import GateParams
from eval.receipts.promotion_rule import Permission, Plea, Refusal, judge_plea
from eval.receipts.receipt import JudgedBy, Measured, canonical_json, sha256
from eval.receipts.signature import signing_key
from eval.scores.scorecard import Scorecard
from pipeline.errors import DataError, PrerequisiteError, WinnowError
from pipeline.files import hash_of
from pipeline.params import read_section


class Promotion:
    """Makes Versions champion, one step after the other, each of which may be the last.

    What a step wrote stays if the process ends: the Scorecard in the ledger, objects at the remote,
    the tag. Doing it all again writes what is lacking. Only the receipt changes who is champion.
    """

    def __init__(
        self,
        workspace: Workspace,
        ledger: Ledger,
        remote: DvcRemote | None,
        environ: Mapping[str, str],
        told: Told,
    ) -> None:
        """Take where things go.

        Args:
            workspace: Holds DVC's cache.
            ledger: Holds the chain of receipts.
            remote: Where objects and copies of receipts go; None uploads nothing.
            environ: Says who promotes, and which key signs.
            told: Is told after each step.

        Raises:
            PrerequisiteError: the signing key cannot be used.
        """
        self._workspace = workspace
        self._ledger = ledger
        self._remote = remote
        self._environ = environ
        self._key = signing_key(environ)
        self._told = told

    def carry_out(
        self, judgement: Judgement, permission: Permission, chain: Sequence[Link]
    ) -> SignedReceipt:
        """Promote what was judged against the last of these links, and return the receipt.

        Raises:
            ConflictError: another receipt came after that link meanwhile.
            RemoteError: the objects cannot be stored; nobody became champion.
            VersionError: an object is missing or damaged.
            LedgerError: the ledger cannot be reached.
        """
        version = judgement.verdict.candidate
        self._record(judgement)
        # Brings what only the remote holds: the files are hashed here.
        files = folder_files(self._workspace, version)
        objects = version_objects(self._workspace, version, self._remote)
        self._upload(objects)
        if (tag := keep_version(self._workspace, objects)) is not None:
            self._told("kept", f"the git tag {tag} keeps it from `dvc gc --all-tags`")
        verdict = canonical_json(asdict(judgement.verdict))
        draft = draft_receipt(
            self._workspace,
            chain,
            version,
            files,
            self._environ,
            kind="promotion",
            grounds=permission.grounds,
            reason=permission.reason,
            verdict=_judged_by(judgement, sha256(verdict)),
            measured=_measured(judgement.candidate.scorecard),
            remote=self._remote.url if self._remote else None,
            outputs=objects.outputs,
        )
        signed = sign_receipt(draft, self._key, verdict)
        Succession(self._ledger, self._remote, self._told).append(signed)
        return signed

    def _record(self, judgement: Judgement) -> None:
        """Record the Scorecard that was judged, if it was measured for this."""
        card = judgement.candidate.scorecard
        if any(each.scorecard.key == card.key for each in self._ledger.records()):
            return
        files = {name: judgement.folder / name for name in (SCORECARD, SCORES)}
        tags = provenance(self._workspace.root, self._environ)
        record_scorecard(self._ledger, files, judgement.candidate.measurements, tags)
        self._told("recorded", "its Scorecard is recorded")

    def _upload(self, objects: VersionObjects) -> None:
        if self._remote is None:
            return
        new = self._remote.upload(objects.digests)
        there = len(objects.digests) - new
        text = f"{new} objects are uploaded to {self._remote.url}, {there} were there"
        if objects.absent:
            text += f"; nowhere are the outputs of {', '.join(objects.absent)}"
        self._told("uploaded", text)


def _judged_by(judgement: Judgement, digest: str) -> JudgedBy:
    verdict = judgement.verdict
    return JudgedBy(
        outcome=verdict.outcome,
        baseline=verdict.baseline,
        findings=verdict.findings,
        notes=verdict.notes,
        hash=digest,
    )


def _measured(card: Scorecard) -> Measured:
    return Measured(
        scorecard=card.key,
        corpus=card.corpus,
        cases=card.cases.hash,
        judge=card.judge,
        engine=card.engine,
        params=hash_of(card.settings),
    )


Shown = Callable[[GateReport], None]


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """What was asked for; `remote` is a name in DVC's configuration, the default where None."""

    workspace: Workspace
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
    workspace = request.workspace
    with open_library(workspace) as library, _remote(request) as remote:
        ledger = library.ledger
        # Read before judging: the receipt follows this head, or nobody's.
        chain = ledger.chain()
        version = chosen_candidate(workspace, request.candidate, ledger)
        if chain and chain[-1].version == version:
            Succession(ledger, remote, lambda *_: None).complete(chain[-1])
            return Answer(version, already=True)
        sides = _sides(request, version, chain[-1] if chain else None, ledger)
        _check_remote(request, version, remote)
        promotion = Promotion(workspace, ledger, remote, environ, told)
        judgement = _judged(request, sides)
        shown(judgement.report)
        policy = read_section(workspace.params, "gate", GateParams).on_inconclusive
        permission = judge_plea(judgement.verdict.outcome, request.plea, policy)
        if isinstance(permission, Refusal):
            return Answer(version, refusal=permission, judged=judgement.report)
        promotion.carry_out(judgement, permission, chain)
        return Answer(version, experiment=_experiment(workspace, version, ledger))


def _remote(request: PromotionRequest) -> AbstractContextManager[DvcRemote | None]:
    return open_remote(request.workspace, request.remote) if request.upload else nullcontext()


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
        return judge_sides(request.workspace, sides, explained=False)
    except WinnowError as error:
        if request.plea.override is None or sides.baseline is None:
            raise
        alone = replace(sides, baseline=None, against=None)
        judgement = judge_sides(request.workspace, alone, explained=False)
        notes = (*judgement.verdict.notes, f"the champion could not be judged: {error}")
        return replace(
            judgement,
            verdict=replace(judgement.verdict, notes=notes),
            report=judgement.report.model_copy(update={"notes": notes}),
        )


def _experiment(workspace: Workspace, version: str, ledger: Ledger) -> str | None:
    if workspace.version == version:
        return None
    records = (each for each in ledger.records() if each.scorecard.version == version)
    return next((each.tags["experiment"] for each in records if "experiment" in each.tags), None)
