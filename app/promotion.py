"""Promotion: a judged Version is stored where others find it, then made champion by a receipt."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from app.dvc_remote import DvcRemote
from app.judgement import Judgement
from app.receipt_draft import draft_receipt
from app.remote_folder import folder_files
from app.signed_receipt import SignedReceipt, sign_receipt
from app.succession import Succession, Told
from app.version_objects import VersionObjects, version_objects
from app.version_tag import keep_version
from app.workspace import Workspace
from eval.ledger import Ledger, Link
from eval.promotion_rule import Permission
from eval.provenance import provenance
from eval.receipt import JudgedBy, Measured, canonical_json, sha256
from eval.receipt_signature import signing_key
from eval.recording import SCORECARD, SCORES, record_scorecard
from eval.scorecard import Scorecard
from pipeline.digest import hash_of


class Promotion:
    """Makes Versions champion, one step after the other, each of which may be the last.

    What a step wrote stays if the process ends: the Scorecard in the ledger, objects at the remote,
    the tag. Doing it all again writes what is lacking. Only the receipt changes who is champion.
    """

    def __init__(
        self,
        place: Workspace,
        ledger: Ledger,
        remote: DvcRemote | None,
        environ: Mapping[str, str],
        told: Told,
    ) -> None:
        """Take where things go.

        Args:
            place: Holds DVC's cache.
            ledger: Holds the chain of receipts.
            remote: Where objects and copies of receipts go; None uploads nothing.
            environ: Says who promotes, and which key signs.
            told: Is told after each step.

        Raises:
            PrerequisiteError: the signing key cannot be used.
        """
        self._place = place
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
        files = folder_files(self._place, version)
        objects = version_objects(self._place, version, self._remote)
        self._upload(objects)
        if (tag := keep_version(self._place, objects)) is not None:
            self._told("kept", f"the git tag {tag} keeps it from `dvc gc --all-tags`")
        verdict = canonical_json(asdict(judgement.verdict))
        draft = draft_receipt(
            self._place,
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
        tags = provenance(self._place.root, self._environ)
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
