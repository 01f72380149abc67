import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from eval.receipts.signature import (
    KEY_VARIABLE,
    TRUSTED_VARIABLE,
    SigningKey,
    check_signature,
    fingerprint,
    signing_key,
    trusted_keys,
)
from pipeline.errors import PrerequisiteError, ReceiptError
from tests.support.receipts import a_receipt, made_key, write_key


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return made_key(tmp_path_factory.mktemp("keys"))


def generated(path: Path, passphrase: str = "") -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)]
    subprocess.run(command, check=True)
    return path


def test_without_a_key_nothing_is_signed() -> None:
    assert signing_key({}) is None
    assert signing_key({KEY_VARIABLE: "  "}) is None


def test_openssh_and_pem_hold_the_same_key(tmp_path: Path) -> None:
    seed = b"s" * 32
    openssh = write_key(tmp_path / "a", PrivateFormat.OpenSSH, seed=seed)
    pem = write_key(tmp_path / "b", PrivateFormat.PKCS8, seed=seed)
    one, two = (signing_key({KEY_VARIABLE: str(path)}) for path in (openssh, pem))
    assert one is not None
    assert two is not None
    assert one.public == two.public
    assert one.sign(b"x") == two.sign(b"x")


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
def test_a_key_of_ssh_keygen_has_its_fingerprint(tmp_path: Path) -> None:
    path = generated(tmp_path / "key")
    key = signing_key({KEY_VARIABLE: str(path)})
    assert key is not None
    shown = subprocess.run(
        ["ssh-keygen", "-lf", f"{path}.pub"], check=True, capture_output=True, text=True
    )
    assert fingerprint(key.public) in shown.stdout.split()
    assert key.public in path.with_suffix(".pub").read_text()


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs ssh-keygen")
def test_an_encrypted_key_is_said_to_be(tmp_path: Path) -> None:
    openssh = generated(tmp_path / "openssh", passphrase="secret")
    pem = write_key(tmp_path / "pem", PrivateFormat.PKCS8, passphrase=b"secret")
    for path in (openssh, pem):
        with pytest.raises(PrerequisiteError, match="is encrypted; .*ssh-keygen -p"):
            signing_key({KEY_VARIABLE: str(path)})


def test_what_is_no_ed25519_key_is_refused_without_showing_it(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption

    path = tmp_path / "key"
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(PrerequisiteError, match="not an Ed25519 one"):
        signing_key({KEY_VARIABLE: str(path)})
    for content in (b"", b"geheim", b"-----BEGIN OPENSSH PRIVATE KEY-----\ngeheim\n", b"\xff"):
        path.write_bytes(content)
        with pytest.raises(PrerequisiteError, match="no private key") as caught:
            signing_key({KEY_VARIABLE: str(path)})
        assert "geheim" not in str(caught.value)
    with pytest.raises(PrerequisiteError, match="No such file"):
        signing_key({KEY_VARIABLE: str(tmp_path / "nothing")})


def test_a_key_in_place_of_its_path_is_never_shown() -> None:
    with pytest.raises(PrerequisiteError, match="path of its file must stand") as caught:
        signing_key({KEY_VARIABLE: "-----BEGIN OPENSSH PRIVATE KEY-----\ngeheim"})
    assert "geheim" not in str(caught.value)


def test_a_key_does_not_show_itself(key: SigningKey) -> None:
    assert "private" not in repr(key)


def test_the_signer_is_right(key: SigningKey) -> None:
    receipt = a_receipt("A", signer=key.public)
    check_signature(receipt, key.sign(receipt.content), None)
    check_signature(receipt, key.sign(receipt.content), frozenset({key.public}))
    check_signature(a_receipt("A"), None, None)


def test_each_way_to_be_wrong_has_its_words(key: SigningKey, tmp_path: Path) -> None:
    other = made_key(tmp_path)
    receipt, plain = a_receipt("A", signer=key.public), a_receipt("A")
    signature = key.sign(receipt.content)
    trusted = frozenset({other.public})
    faults = {
        "is missing": (receipt, None, None),
        "is not one by": (receipt, other.sign(receipt.content), None),
        "none of the trusted keys": (receipt, signature, trusted),
        "not signed by any": (plain, None, trusted),
        "names no signer": (plain, signature, None),
    }
    for said, (of, beside, keys) in faults.items():
        with pytest.raises(ReceiptError, match=f"{of.hash}.*{said}|{said}.*{of.hash}"):
            check_signature(of, beside, keys)


@pytest.mark.parametrize("signer", ["", "ssh-ed25519 !", "é"])
def test_a_signer_that_is_no_key_is_a_fault(key: SigningKey, signer: str) -> None:
    receipt = a_receipt("A", signer=signer)
    with pytest.raises(ReceiptError, match="is not one by"):
        check_signature(receipt, key.sign(receipt.content), None)


@given(st.data())
def test_any_changed_byte_of_a_signature_is_found(key: SigningKey, data: st.DataObject) -> None:
    receipt = a_receipt("A", signer=key.public)
    signature = key.sign(receipt.content)
    at = data.draw(st.integers(0, len(signature) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != signature[at]))
    with pytest.raises(ReceiptError, match="is not one by"):
        check_signature(receipt, signature[:at] + bytes([byte]) + signature[at + 1 :], None)


def test_a_signature_of_another_receipt_is_found(key: SigningKey) -> None:
    receipt, other = (a_receipt(to, signer=key.public) for to in "AB")
    with pytest.raises(ReceiptError, match="is not one by"):
        check_signature(receipt, key.sign(other.content), None)


def test_no_file_trusts_everybody_and_nobody() -> None:
    assert trusted_keys(None, {}) is None


def test_comments_options_and_principals_are_left_out(tmp_path: Path) -> None:
    ada, bob, cy = (made_key(tmp_path, name).public for name in ("ada", "bob", "cy"))
    path = tmp_path / "trusted"
    path.write_text(
        f"# who may promote\n\n{ada} ada@example.org\n  restrict {bob}\ncy@example.org {cy} x y\n"
    )
    assert trusted_keys(path, {}) == {ada, bob, cy}
    assert trusted_keys(None, {TRUSTED_VARIABLE: str(path)}) == {ada, bob, cy}


def test_the_option_wins_over_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "trusted"
    path.write_text(key := made_key(tmp_path).public)
    assert trusted_keys(path, {TRUSTED_VARIABLE: "/nowhere"}) == {key}


@pytest.mark.parametrize("line", ["ssh-rsa AAAAB3Nza", "ssh-ed25519 AAAA"])
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
