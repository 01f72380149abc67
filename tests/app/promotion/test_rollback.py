"""Going back needs no gate, but a Version that is what was promoted, and leaves a receipt."""

import shutil
from pathlib import Path

import pytest

from app.promotion.receipts import ReceiptWriter, Step
from app.promotion.rollback import proven_files, roll_back
from app.storage.remote import DvcRemote, open_remote
from app.workspace.workspace import Workspace
from eval.ledger.ledger import CHAMPION
from eval.receipts.chain import attached_names, champion_stack, read_receipts
from pipeline.errors import PrerequisiteError, VersionError
from tests.fakes import MemoryLedger
from tests.support.receipts import a_receipt, append, write_key
from tests.support.remotes import write_remotes
from tests.support.stored_versions import ServedVersions, serve_version

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, version_folder: Path) -> tuple[Path, list[str]]:
    """Three Versions, the later ones with another setting; none is promoted yet."""
    root = tmp_path_factory.mktemp("served")
    served, first = serve_version(root, version_folder)
    return root, [first, served.vary(first, top_k=7), served.vary(first, top_k=8)]


@pytest.fixture
def versions(base: tuple[Path, list[str]]) -> list[str]:
    return base[1]


@pytest.fixture
def served(base: tuple[Path, list[str]], tmp_path: Path) -> ServedVersions:
    """A copy of them of the test's own."""
    shutil.copytree(base[0], tmp_path, dirs_exist_ok=True)
    workspace = Workspace(tmp_path / "here")
    write_remotes(workspace, "store", {"store": {"url": str(tmp_path / "remote")}})
    return ServedVersions(workspace, MemoryLedger())


def back(
    served: ServedVersions,
    to: str | None = None,
    reason: str | None = None,
    remote: DvcRemote | None = None,
    **environ: str,
) -> tuple[str | None, list[Step]]:
    steps: list[Step] = []
    environ = {"WINNOW_USER": "Ada", "PATH": "/usr/bin:/bin", **environ}
    writer = ReceiptWriter(
        served.workspace, served.ledger, remote, environ, lambda step, _: steps.append(step)
    )
    return roll_back(writer, to, reason), steps


@pytest.mark.thorough
def test_one_goes_back_step_by_step(
    served: ServedVersions, versions: list[str], tmp_path: Path
) -> None:
    one, two, three = versions
    before = [served.promote(each) for each in versions]
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
    assert champion_stack(read_receipts(served.ledger)) == [one]
    with pytest.raises(PrerequisiteError, match=f"there is no champion before {one}"):
        back(served)


def test_one_can_go_further_back(served: ServedVersions, versions: list[str]) -> None:
    one, two, three = versions
    for each in versions:
        served.promote(each)
    assert back(served, to=one[:8].upper())[0] == one
    assert back(served, to=one[:8]) == (None, [])
    assert len(served.ledger.chain()) == 4
    # It was taken back for a reason.
    with pytest.raises(VersionError, match="must be promoted again, with `winnow promote`"):
        back(served, to=three)


@pytest.mark.parametrize("named", [True, False])
def test_a_killed_rollback_asked_for_again_is_completed_and_goes_no_further(
    served: ServedVersions, versions: list[str], named: bool
) -> None:
    one, two, three = versions
    receipts = [served.promote(each) for each in versions]
    append(served.ledger, a_receipt(two, receipts[-1], kind="rollback", grounds="rollback"))
    served.ledger.point(CHAMPION, three)
    assert back(served, to=two if named else None) == (None if named else two, ["pointed"])
    assert served.ledger.aliases() == {CHAMPION: two}
    assert len(served.ledger.chain()) == 4


def test_what_was_changed_is_not_served(served: ServedVersions, versions: list[str]) -> None:
    one, two, _ = versions
    append(served.ledger, a_receipt(one))
    served.promote(two)
    with pytest.raises(VersionError, match="is not what was promoted"):
        back(served)
    assert served.ledger.champion() == two


def test_without_a_champion_there_is_no_way_back(served: ServedVersions) -> None:
    with pytest.raises(PrerequisiteError, match="there is no champion yet; promote one"):
        back(served)


def test_what_the_cache_lacks_is_brought(served: ServedVersions, versions: list[str]) -> None:
    receipt = served.promote(versions[0])
    shutil.rmtree(served.workspace.cache)
    assert proven_files(served.workspace, receipt).keys() == receipt.files.keys()


def test_another_sha_256_is_said(served: ServedVersions, versions: list[str]) -> None:
    """The MD5 of the file is right, as whoever changes it can arrange."""
    receipt = served.promote(versions[0])
    changed = {**receipt.files, "chunks.parquet": "0" * 64}
    with pytest.raises(VersionError, match="chunks.parquet has another SHA-256"):
        proven_files(served.workspace, receipt.model_copy(update={"files": changed}))
    more = {**receipt.files, "more": "0" * 64}
    with pytest.raises(VersionError, match="is not what was promoted: more has"):
        proven_files(served.workspace, receipt.model_copy(update={"files": more}))


def test_what_cannot_be_opened_cannot_be_served(
    served: ServedVersions,
    versions: list[str],
) -> None:
    receipt = served.promote(served.vary(versions[0], mode="telepathy"))
    with pytest.raises(VersionError, match="`retrieval.mode`"):
        proven_files(served.workspace, receipt)


def test_what_is_nowhere_is_said(served: ServedVersions, versions: list[str]) -> None:
    receipt = served.promote(versions[0])
    for root in (served.workspace.cache, served.workspace.root.parent / "remote"):
        shutil.rmtree(root)
    with pytest.raises(VersionError, match="is neither in DVC's cache nor in its remote"):
        proven_files(served.workspace, receipt)
