"""The history as people read it in a terminal."""

from rich.console import Console

from app.history_table import history_table
from eval.receipt import Receipt
from tests.made_receipt import a_receipt


def shown(receipts: list[Receipt], last: str | None = None) -> str:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(history_table(receipts, last))
    return capture.get()


def test_the_newest_comes_first_and_the_champion_is_marked() -> None:
    first = a_receipt("a" * 32 + ".dir")
    second = a_receipt("b" * 32 + ".dir", first, grounds="override", reason="it is [bold]Friday")
    third = a_receipt("a" * 32 + ".dir", second, kind="rollback", grounds="rollback")
    said = shown([first, second, third], third.hash)
    assert said.index(third.hash[:10]) < said.index(second.hash[:10]) < said.index(first.hash[:10])
    assert said.count("★") == 2
    assert "→ aaaaaaaaaa ★" in said[: said.index(second.hash[:10])]
    words = " ".join(said.split())
    assert "rolled back" in words
    assert "promoted, override: it" in words
    assert "[bold]Friday" in words
    assert all(len(line) <= 80 for line in said.splitlines())


def test_a_signer_is_shown_by_the_start_of_its_fingerprint() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFKOS88oqSaipg/bcr47SoJDbR9LBnBpcRdSA6V2m8Nl"
    said = shown([a_receipt("A"), a_receipt("A", signer=key), a_receipt("A", signer="x")])
    assert "SHA256:zA8fNODvDk" in said
    assert "not signed" in said
    assert "an unreadable" in said
    assert "→ A ★" not in said
