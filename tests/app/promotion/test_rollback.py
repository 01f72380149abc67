"""Going back needs no gate, but a Version that is what was promoted, and leaves a receipt."""

import shutil
from pathlib import Path

import pytest

from app.promotion.receipts import Step
from app.promotion.rollback import Rollback, proven_files
from app.storage.remote import DvcRemote, open_remote
from eval.ledger.ledger import CHAMPION
from eval.receipts.chain import attached_names, read_receipts, standing
from eval.receipts.receipt import Receipt
from pipeline.errors import PrerequisiteError, VersionError
from tests.support.receipts import a_receipt, append, write_key
from tests.support.stored_versions import ServedVersions, serve_version

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, version_folder: Path) -> tuple[Path, list[str]]:
    """Three Versions, the later ones with another setting; none is promoted yet."""
    root = tmp_path_factory.mktemp("served") / "base"
    served, first = serve_version(root, version_folder)
    return root, [first, served.vary(first, top_k=7), served.vary(first, top_k=8)]


@pytest.fixture
def served(base: tuple[Path, list[str]], tmp_path: Path, version_folder: Path) -> ServedVersions:
    served, _ = serve_version(tmp_path, version_folder)
    shutil.copytree(base[0] / "here" / ".dvc" / "cache", served.workspace.cache, dirs_exist_ok=True)
    return served


def back(
    served: ServedVersions,
    to: str | None = None,
    reason: str | None = None,
    remote: DvcRemote | None = None,
    **environ: str,
) -> tuple[str | None, list[Step]]:
    steps: list[Step] = []
    environ = {"WINNOW_USER": "Ada", "PATH": "/usr/bin:/bin", **environ}
    again = Rollback(
        served.workspace, served.ledger, remote, environ, lambda step, _: steps.append(step)
    )
    return again.carry_out(to, reason), steps


def promoted(served: ServedVersions, versions: list[str]) -> list[Receipt]:
    return [served.promote(each) for each in versions]


def test_one_goes_back_step_by_step(
    served: ServedVersions, base: tuple[Path, list[str]], tmp_path: Path
) -> None:
    one, two, three = base[1]
    before = promoted(served, [one, two, three])
    key = write_key(tmp_path / "key")
    with open_remote(served.workspace) as remote:
        assert remote is not None
        found = back(served, reason="slow", remote=remote, WINNOW_SIGNING_KEY=str(key))
        assert found == (two, ["appended", "pointed", "copied"])
        receipt = read_receipts(served.ledger)[-1]
        assert remote.names("receipts") == sorted(attached_names(receipt))
    assert (receipt.kind, receipt.grounds, receipt.reason) == ("rollback", "rollback", "slow")
    assert (receipt.from_, receipt.to, receipt.verdict) == (three, two, None)
    assert (receipt.files, receipt.measured) == (before[1].files, before[1].measured)
    assert (receipt.remote, receipt.outputs) == (before[1].remote, before[1].outputs)
    assert receipt.signer is not None
    assert served.ledger.aliases() == {CHAMPION: two}
    assert back(served)[0] == one
    assert standing(read_receipts(served.ledger)) == [one]
    with pytest.raises(PrerequisiteError, match=f"there is no champion before {one}"):
        back(served)


def test_one_can_go_further_back(served: ServedVersions, base: tuple[Path, list[str]]) -> None:
    one, two, three = base[1]
    promoted(served, [one, two, three])
    assert back(served, to=one[:8].upper())[0] == one
    assert back(served, to=one[:8]) == (None, [])
    assert len(served.ledger.chain()) == 4
    # It was taken back for a reason.
    with pytest.raises(VersionError, match="must be promoted again, with `winnow promote`"):
        back(served, to=three)


@pytest.mark.parametrize("named", [True, False])
def test_a_killed_rollback_asked_for_again_is_completed_and_goes_no_further(
    served: ServedVersions, base: tuple[Path, list[str]], named: bool
) -> None:
    one, two, three = base[1]
    receipts = promoted(served, [one, two, three])
    append(served.ledger, a_receipt(two, receipts[-1], kind="rollback", grounds="rollback"))
    served.ledger.point(CHAMPION, three)
    assert back(served, to=two if named else None) == (None if named else two, ["pointed"])
    assert served.ledger.aliases() == {CHAMPION: two}
    assert len(served.ledger.chain()) == 4


def test_what_was_changed_is_not_served(
    served: ServedVersions, base: tuple[Path, list[str]]
) -> None:
    one, two, _ = base[1]
    append(served.ledger, a_receipt(one))
    served.promote(two)
    with pytest.raises(VersionError, match="is not what was promoted"):
        back(served)
    assert served.ledger.champion() == two


def test_without_a_champion_there_is_no_way_back(served: ServedVersions) -> None:
    with pytest.raises(PrerequisiteError, match="there is no champion yet; promote one"):
        back(served)


@pytest.fixture
def version_proof_served(tmp_path: Path, version_folder: Path) -> tuple[ServedVersions, str]:
    return serve_version(tmp_path, version_folder)


def test_what_the_cache_lacks_is_brought(version_proof_served: tuple[ServedVersions, str]) -> None:
    versions, version = version_proof_served
    receipt = versions.promote(version)
    shutil.rmtree(versions.workspace.cache)
    assert proven_files(versions.workspace, receipt).keys() == receipt.files.keys()


def test_another_sha_256_is_said(version_proof_served: tuple[ServedVersions, str]) -> None:
    """The MD5 of the file is right, as whoever changes it can arrange."""
    versions, version = version_proof_served
    receipt = versions.promote(version)
    changed = {**receipt.files, "chunks.parquet": "0" * 64}
    with pytest.raises(VersionError, match="chunks.parquet has another SHA-256"):
        proven_files(versions.workspace, receipt.model_copy(update={"files": changed}))
    more = {**receipt.files, "more": "0" * 64}
    with pytest.raises(VersionError, match="is not what was promoted: more has"):
        proven_files(versions.workspace, receipt.model_copy(update={"files": more}))


def test_what_cannot_be_opened_cannot_be_served(
    version_proof_served: tuple[ServedVersions, str],
) -> None:
    versions, version = version_proof_served
    newer = versions.vary(version, mode="telepathy")
    receipt = versions.promote(newer)
    with pytest.raises(VersionError, match="`retrieval.mode`"):
        proven_files(versions.workspace, receipt)


def test_what_is_nowhere_is_said(version_proof_served: tuple[ServedVersions, str]) -> None:
    versions, version = version_proof_served
    receipt = versions.promote(version)
    for root in (versions.workspace.cache, versions.workspace.root.parent / "remote"):
        shutil.rmtree(root)
    with pytest.raises(VersionError, match="is neither in DVC's cache nor in its remote"):
        proven_files(versions.workspace, receipt)
