"""Promotion: a Version is judged against the champion, stored for others, and made champion.

`promote_version` is the whole of it; the other functions follow in the order in which it calls
them. Whatever step a process ends at, what it wrote stays (the Scorecard in the ledger, objects at
the remote, the tag), and asking again writes what is lacking. Only the receipt changes who is
champion.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace

from app.gate.sides import GateSides, check_first, chosen_candidate
from app.gate.trial import Judgement, judge_sides
from app.library import open_ledger
from app.promotion.receipts import OnStep, ReceiptWriter
from app.report.report import GateReport
from app.storage.remote import DvcRemote, open_remote
from app.storage.version_objects import VersionObjects, folder_files, keep_version, version_objects
from app.workspace.workspace import Workspace
from eval.gate.verdict import Outcome
from eval.ledger.ledger import CHAMPION, Ledger, Link
from eval.ledger.recording import SCORECARD, SCORES, provenance, record_scorecard
from eval.params import GateParams
from eval.receipts.receipt import Grounds, MeasuredOn, ReceiptVerdict, canonical_json, sha256
from eval.receipts.signature import SigningKey, signing_key
from eval.scores.scorecard import Scorecard
from pipeline.errors import DataError, PrerequisiteError, WinnowError
from pipeline.files import hash_of
from pipeline.params import read_section


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """What was asked for; `remote` is a name in DVC's configuration, the default where None.

    `override` and `reviewed` are what somebody takes upon themselves: to promote whatever the
    Verdict says, or to have looked at what it left undecided.

    Raises:
        DataError: it contradicts itself, or a reason says nothing.
    """

    workspace: Workspace
    candidate: str | None = None
    first: bool = False
    override: str | None = None
    reviewed: str | None = None
    upload: bool = True
    remote: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no receipt could tell later."""
        if self.override is not None and self.reviewed is not None:
            raise DataError("--override and --reviewed: give the one that it is")
        for option, text in (("--override", self.override), ("--reviewed", self.reviewed)):
            if text is not None and not text.strip():
                raise DataError(f"{option} is empty; say why, as the receipt keeps it for ever")
        if self.remote is not None and not self.upload:
            raise DataError(f"--no-upload and --remote {self.remote}: give the one that it is")


@dataclass(frozen=True, slots=True)
class PromotionResult:
    """What became of a request; `experiment` is of DVC, where the Version is of another's params.

    `already` says that it was champion before; of a `refusal`, `judged` is the Verdict's report.
    """

    version: str
    already: bool = False
    refusal: str | None = None
    judged: GateReport | None = None
    experiment: str | None = None


def promote_version(
    request: PromotionRequest,
    environ: Mapping[str, str],
    on_step: OnStep,
    on_verdict: Callable[[GateReport], None],
) -> PromotionResult:
    """Judge a Version against the champion of now, and promote it if it may be.

    Args:
        request: What was asked for.
        environ: Says who asks, and with which key receipts are signed.
        on_step: Is told after each step of the promotion.
        on_verdict: Is given the Verdict's report before anything is changed.

    Raises:
        ConflictError: somebody else's promotion came first.
        WinnowError: it could not be judged or promoted.
    """
    ledger = open_ledger(request.workspace)
    with _remote(request) as remote:
        # Read before judging: the receipt follows this head, or nobody's.
        chain = ledger.chain()
        head = chain[-1] if chain else None
        version = chosen_candidate(request.workspace, request.candidate, ledger)
        writer = ReceiptWriter(request.workspace, ledger, remote, environ, on_step)
        if head is not None and head.version == version:
            replace(writer, on_step=lambda *_: None).complete(head)
            return PromotionResult(version, already=True)
        key = signing_key(environ)
        judgement = _judge(request, version, head, ledger, remote)
        on_verdict(judgement.report)
        grounds = judge_grounds(judgement.verdict.outcome, request)
        if isinstance(grounds, str):
            return PromotionResult(version, refusal=grounds, judged=judgement.report)
        _promote(writer, judgement, grounds, chain, key)
        return PromotionResult(version, experiment=_experiment(request.workspace, version, ledger))


def _remote(request: PromotionRequest) -> AbstractContextManager[DvcRemote | None]:
    return open_remote(request.workspace, request.remote) if request.upload else nullcontext()


def _judge(
    request: PromotionRequest,
    version: str,
    head: Link | None,
    ledger: Ledger,
    remote: DvcRemote | None,
) -> Judgement:
    """Judge; where only the champion is in the way, an override is judged by floors alone."""
    sides = _sides(request, version, head, ledger)
    _check_remote(request, version, remote)
    try:
        return judge_sides(request.workspace, sides, explained=False)
    except WinnowError as error:
        if request.override is None or sides.baseline is None:
            raise
        alone = replace(sides, baseline=None, against=None)
        judgement = judge_sides(request.workspace, alone, explained=False)
        notes = (*judgement.verdict.notes, f"the champion could not be judged: {error}")
        return replace(
            judgement,
            verdict=replace(judgement.verdict, notes=notes),
            report=judgement.report.model_copy(update={"notes": notes}),
        )


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


def judge_grounds(outcome: Outcome, request: PromotionRequest) -> tuple[Grounds, str | None] | str:
    """Return on what grounds a Verdict lets a Version be champion, with the reason given for it.

    Where it does not, return why and the ways on, in one line. A pass needs no words. What is
    inconclusive needs a review, where `gate.on_inconclusive` leaves it to one. An override does
    always: the receipt shows the Verdict beside the reason.
    """
    if outcome == "pass":
        return "passed", None
    if request.override is not None:
        return "override", request.override.strip()
    override = 'promote it in spite of that with --override "REASON", which the receipt keeps'
    if outcome == "fail":
        unheard = "; a review decides only what is inconclusive" if request.reviewed else ""
        return f"the gate failed it{unheard}: improve it, or {override}"
    if read_section(request.workspace.params, "gate", GateParams).on_inconclusive == "block":
        unheard = " and no reviewer decides" if request.reviewed else ""
        return (
            "the gate was inconclusive, which blocks as `gate.on_inconclusive` says"
            f"{unheard}: measure more Cases, or {override}"
        )
    if request.reviewed is None:
        return (
            "the gate was inconclusive, so a reviewer decides: look at `winnow gate --report DIR` "
            'and say --reviewed "WHAT YOU LOOKED AT", or measure more Cases'
        )
    return "reviewed", request.reviewed.strip()


def _promote(
    writer: ReceiptWriter,
    judgement: Judgement,
    grounds: tuple[Grounds, str | None],
    chain: Sequence[Link],
    key: SigningKey | None,
) -> None:
    """Record, upload and tag what was judged against the last of these links; then its receipt."""
    workspace, remote = writer.workspace, writer.remote
    verdict = judgement.verdict
    version = verdict.candidate
    _record(writer, judgement)
    # Brings what only the remote holds: the files are hashed here.
    files = folder_files(workspace, version)
    objects = version_objects(workspace, version, remote)
    if remote is not None:
        writer.on_step("uploaded", _upload(remote, objects))
    if (tag := keep_version(workspace, objects)) is not None:
        writer.on_step("kept", f"the git tag {tag} keeps it from `dvc gc --all-tags`")
    content = canonical_json(asdict(verdict))
    draft = writer.draft(
        chain,
        version,
        files,
        kind="promotion",
        grounds=grounds[0],
        reason=grounds[1],
        verdict=ReceiptVerdict(
            outcome=verdict.outcome,
            baseline=verdict.baseline,
            findings=verdict.findings,
            notes=verdict.notes,
            hash=sha256(content),
        ),
        measured=_measured_on(judgement.candidate.scorecard),
        remote=remote.url if remote is not None else None,
        outputs=objects.outputs,
    )
    writer.append(draft, key, content)


def _record(writer: ReceiptWriter, judgement: Judgement) -> None:
    """Record the Scorecard that was judged, if it was measured for this."""
    card = judgement.candidate.scorecard
    if any(each.scorecard.key == card.key for each in writer.ledger.records()):
        return
    files = {name: judgement.folder / name for name in (SCORECARD, SCORES)}
    tags = provenance(writer.workspace.root, writer.environ)
    record_scorecard(writer.ledger, files, judgement.candidate.measurements, tags)
    writer.on_step("recorded", "its Scorecard is recorded")


def _upload(remote: DvcRemote, objects: VersionObjects) -> str:
    new = remote.upload(objects.digests)
    there = len(objects.digests) - new
    text = f"{new} objects are uploaded to {remote.url}, {there} were there"
    if objects.absent:
        text += f"; nowhere are the outputs of {', '.join(objects.absent)}"
    return text


def _measured_on(card: Scorecard) -> MeasuredOn:
    return MeasuredOn(
        scorecard=card.key,
        corpus=card.corpus,
        cases=card.cases.hash,
        judge=card.judge,
        engine=card.engine,
        params=hash_of(card.settings),
    )


def _experiment(workspace: Workspace, version: str, ledger: Ledger) -> str | None:
    if workspace.version == version:
        return None
    records = (each for each in ledger.records() if each.scorecard.version == version)
    return next((each.tags["experiment"] for each in records if "experiment" in each.tags), None)
