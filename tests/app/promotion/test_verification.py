import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.promotion.verification import check_copies, check_files, check_uploads
from app.storage.remote import open_remote
from eval.ledger.ledger import Link
from eval.receipts.chain import attached_names, read_receipts, receipt_name, signature_name
from eval.receipts.check import Checked
from eval.receipts.receipt import sha256
from tests.fakes import MemoryLedger
from tests.support.promotions import PromotedWorkspace, make_promoted_workspace
from tests.support.receipts import a_receipt, made_key


@pytest.fixture
def project(tmp_path: Path) -> PromotedWorkspace:
    return make_promoted_workspace(tmp_path / "here", MemoryLedger())


def here(project: PromotedWorkspace) -> Checked:
    return check_files(project.workspace, read_receipts(project.ledger))


def there(project: PromotedWorkspace) -> Checked:
    with open_remote(project.workspace) as remote:
        assert remote is not None
        return check_uploads(project.workspace, read_receipts(project.ledger), remote)


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


def faults(project: PromotedWorkspace) -> str:
    with open_remote(project.workspace) as remote:
        assert remote is not None
        return "\n".join(check_copies(project.ledger, remote).faults)


def test_whole_copies_are_counted(project: PromotedWorkspace, tmp_path: Path) -> None:
    key = made_key(tmp_path)
    project.promote("one", key)
    project.promote("two")
    with open_remote(project.workspace) as remote:
        assert remote is not None
        checked = check_copies(project.ledger, remote)
    assert checked.said == (f"5 copies at {project.remote}",)
    assert checked.faults == ()


def test_each_kind_of_copy_is_found_changed_and_missing(
    project: PromotedWorkspace, tmp_path: Path
) -> None:
    receipt = project.promote("one", made_key(tmp_path))
    for name in attached_names(receipt):
        path = project.copy(name)
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        assert f"holds another {name}" in faults(project)
        path.unlink()
        assert f"holds no {name}" in faults(project)
        path.write_bytes(content)
    assert faults(project) == ""


def test_what_was_never_uploaded_needs_no_copy(project: PromotedWorkspace) -> None:
    receipt = project.promote("one", remote=None)
    project.copy(receipt_name(receipt.hash)).unlink()
    assert faults(project) == ""


def test_a_chain_that_lost_its_end_is_found_by_the_remote(project: PromotedWorkspace) -> None:
    first, second = project.promote("one"), project.promote("two")
    shorter = MemoryLedger()
    shorter.attach({each: project.ledger.attachment(each) for each in project.ledger.attachments()})
    shorter.append(Link(first.hash, first.to), None, {})
    lost = faults(PromotedWorkspace(project.workspace, project.remote, shorter))
    assert f"the receipt {second.hash} (number 2, to {second.to})" in lost
    assert "the chain lost its end" in lost
    emptied = faults(PromotedWorkspace(project.workspace, project.remote, MemoryLedger()))
    assert first.hash in emptied
    assert second.hash in emptied


STRANGERS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "of another chain": lambda: (
        receipt_name((other := a_receipt("Z", a_receipt("Y"))).hash),
        other.content,
    ),
    "no receipt of this chain": lambda: (receipt_name(sha256(b"x")), b"x"),
    "which is no receipt": lambda: (signature_name("0" * 64), b"x"),
}


@pytest.mark.parametrize("said", STRANGERS)
def test_what_the_chain_does_not_know_is_found(project: PromotedWorkspace, said: str) -> None:
    project.promote("one")
    name, content = STRANGERS[said]()
    project.copy(name).write_bytes(content)
    assert said in faults(project)
    assert name.split("/")[1].split(".")[0] in faults(project)
