"""Files of trusted keys, as people copy them together."""

from pathlib import Path

import pytest

from eval.trusted_keys import VARIABLE, trusted_keys
from pipeline.errors import PrerequisiteError
from tests.made_key import made_key


def test_no_file_trusts_everybody_and_nobody() -> None:
    assert trusted_keys(None, {}) is None


def test_comments_options_and_principals_are_left_out(tmp_path: Path) -> None:
    ada, bob, cy = (made_key(tmp_path, name).public for name in ("ada", "bob", "cy"))
    path = tmp_path / "trusted"
    path.write_text(
        f"# who may promote\n\n{ada} ada@example.org\n  restrict {bob}\ncy@example.org {cy} x y\n"
    )
    assert trusted_keys(path, {}) == {ada, bob, cy}
    assert trusted_keys(None, {VARIABLE: str(path)}) == {ada, bob, cy}


def test_the_option_wins_over_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "trusted"
    path.write_text(key := made_key(tmp_path).public)
    assert trusted_keys(path, {VARIABLE: "/nowhere"}) == {key}


@pytest.mark.parametrize("line", ["ssh-rsa AAAAB3Nza", "ssh-ed25519", "ssh-ed25519 AAAA", "ada"])
def test_a_line_without_a_key_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "trusted"
    path.write_text(f"{made_key(tmp_path).public}\n{line}\n")
    with pytest.raises(PrerequisiteError, match="trusted, line 2 holds no ssh-ed25519"):
        trusted_keys(path, {})


def test_an_empty_or_missing_file_is_no_trust_at_all(tmp_path: Path) -> None:
    path = tmp_path / "trusted"
    with pytest.raises(PrerequisiteError, match="cannot be read"):
        trusted_keys(path, {})
    path.write_text("# nobody yet\n")
    with pytest.raises(PrerequisiteError, match="holds no public key"):
        trusted_keys(path, {})
