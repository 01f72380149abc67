"""The copies of the chain at the remote, against the ledger's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.dvc_remote import open_remote
from app.receipt_copy import check_copies
from eval.ledger import Link
from eval.receipt import sha256
from eval.receipt_chain import receipt_name, signature_name, verdict_name
from tests.fakes import MemoryLedger
from tests.made_key import made_key
from tests.made_receipt import a_receipt
from tests.promoted_workspace import PromotedWorkspace, make_promoted_workspace


@pytest.fixture
def project(tmp_path: Path) -> PromotedWorkspace:
    return make_promoted_workspace(tmp_path / "here", MemoryLedger())


def faults(project: PromotedWorkspace) -> str:
    with open_remote(project.place) as remote:
        assert remote is not None
        return "\n".join(check_copies(project.ledger, remote).faults)


def test_whole_copies_are_counted(project: PromotedWorkspace, tmp_path: Path) -> None:
    key = made_key(tmp_path)
    project.promote("one", key)
    project.promote("two")
    with open_remote(project.place) as remote:
        assert remote is not None
        checked = check_copies(project.ledger, remote)
    assert checked.said == (f"5 copies at {project.remote}",)
    assert checked.faults == ()


def test_each_kind_of_copy_is_found_changed_and_missing(
    project: PromotedWorkspace, tmp_path: Path
) -> None:
    receipt = project.promote("one", made_key(tmp_path))
    assert receipt.verdict is not None
    names = (
        receipt_name(receipt.hash),
        signature_name(receipt.hash),
        verdict_name(receipt.verdict.hash),
    )
    for name in names:
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
    lost = faults(PromotedWorkspace(project.place, project.remote, shorter))
    assert f"the receipt {second.hash} (number 2, to {second.to})" in lost
    assert "the chain lost its end" in lost
    emptied = faults(PromotedWorkspace(project.place, project.remote, MemoryLedger()))
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
