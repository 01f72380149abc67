"""Going back needs no gate, but a Version that is what was promoted, and leaves a receipt."""

import shutil
from pathlib import Path

import pytest

from app.dvc_remote import DvcRemote, open_remote
from app.rollback import Rollback
from app.succession import Step
from eval.ledger import CHAMPION
from eval.receipt import Receipt
from eval.receipt_chain import attached_names, read_receipts, standing
from pipeline.errors import PrerequisiteError, VersionError
from tests.made_key import write_key
from tests.made_receipt import a_receipt, append
from tests.served_versions import ServedVersions, serve_version

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
    shutil.copytree(base[0] / "here" / ".dvc" / "cache", served.place.cache, dirs_exist_ok=True)
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
        served.place, served.ledger, remote, environ, lambda step, _: steps.append(step)
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
    with open_remote(served.place) as remote:
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
