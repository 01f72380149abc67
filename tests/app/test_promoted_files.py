"""The files of promoted Versions are those that their receipts name."""

import json
from pathlib import Path

import pytest

from app.dvc_remote import open_remote
from app.promoted_files import check_files, check_uploads
from eval.receipt_chain import read_receipts
from eval.receipt_check import Checked
from tests.fakes import MemoryLedger
from tests.promoted_workspace import PromotedWorkspace, make_promoted_workspace


@pytest.fixture
def project(tmp_path: Path) -> PromotedWorkspace:
    return make_promoted_workspace(tmp_path / "here", MemoryLedger())


def here(project: PromotedWorkspace) -> Checked:
    return check_files(project.place, read_receipts(project.ledger))


def there(project: PromotedWorkspace) -> Checked:
    with open_remote(project.place) as remote:
        assert remote is not None
        return check_uploads(project.place, read_receipts(project.ledger), remote)


def test_files_are_counted_by_version(project: PromotedWorkspace) -> None:
    project.promote("one")
    assert here(project) == Checked(("2 files of 1 Version",), ())
    project.promote("two")
    project.roll_back()
    assert here(project) == Checked(("4 files of 2 Versions",), ())
    assert there(project) == Checked(("10 objects of 2 Versions at the remote",), ())


def test_a_forged_file_is_named_with_both_hashes(project: PromotedWorkspace) -> None:
    receipt = project.promote("one")
    path = project.file(receipt.to, "vectors.faiss")
    path.chmod(0o644)
    path.write_bytes(b"forged")
    [fault] = here(project).faults
    assert receipt.to in fault
    assert "vectors.faiss" in fault
    assert receipt.files["vectors.faiss"] in fault


def test_a_receipt_with_another_list_of_files_is_found(project: PromotedWorkspace) -> None:
    receipt = project.promote("one", files={"manifest.json": "0" * 64, "more.bin": "0" * 64})
    [fault] = here(project).faults
    assert f"{receipt.to}: its receipt and its listing" in fault
    assert "more.bin, vectors.faiss" in fault


def test_two_receipts_of_one_version_must_name_the_same_files(project: PromotedWorkspace) -> None:
    project.promote("one")
    project.promote("two")
    second = project.promote("one", files={"manifest.json": "0" * 64})
    assert f"the receipt {second.hash} says other files" in here(project).faults[0]


def test_what_the_cache_lacks_is_said_and_no_fault(project: PromotedWorkspace) -> None:
    one, two = project.promote("one"), project.promote("two")
    project.object(one.to).unlink()
    project.file(two.to, "vectors.faiss").unlink()
    checked = here(project)
    assert checked.said == (
        "1 file of 1 Version",
        "1 Version not in DVC's cache",
        "1 file not in DVC's cache",
    )
    assert checked.faults == ()


def test_an_object_that_is_lost_or_cut_short_at_the_remote_is_found(
    project: PromotedWorkspace,
) -> None:
    receipt = project.promote("one")
    rows = json.loads(project.object(receipt.to).read_bytes())
    digest = next(row["md5"] for row in rows if row["relpath"] == "vectors.faiss")
    path = project.remote / "files" / "md5" / digest[:2] / digest[2:]
    path.chmod(0o644)
    path.write_bytes(b"on")
    [fault] = there(project).faults
    assert digest in fault
    path.unlink()
    assert there(project).faults == (fault,)


def test_what_was_never_uploaded_is_not_missed(project: PromotedWorkspace) -> None:
    project.promote("one", remote=None)
    for path in (project.remote / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    assert there(project) == Checked(("0 objects of 0 Versions at the remote",), ())
