import hashlib
import json

import pytest

from pipeline.errors import RemoteError
from pipeline.folder_listing import parse_listing

MD5 = "0" * 32


def parsed(value: object) -> dict[str, str]:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return parse_listing(content, hashlib.md5(content).hexdigest() + ".dir", "s3://b")


def test_paths_are_mapped_to_their_md5() -> None:
    rows = [{"md5": MD5, "relpath": "a/b c.txt"}, {"md5": "f" * 32, "relpath": "ü"}]
    assert parsed(rows) == {"a/b c.txt": MD5, "ü": "f" * 32}


@pytest.mark.parametrize(
    "relpath",
    ["../x", "a/../../x", "/etc/x", "a//b", "a/", ".", "./a", "", "C:/x", "c:x", "a\\..\\b",
     "a\0b", 7, None],
)  # fmt: skip
def test_a_path_that_leaves_the_folder_is_refused(relpath: object) -> None:
    with pytest.raises(RemoteError, match=r"names .* nothing was written"):
        parsed([{"md5": MD5, "relpath": "ok"}, {"md5": MD5, "relpath": relpath}])


@pytest.mark.parametrize("second", ["a", "a/b", "a/b/c"])
def test_a_path_twice_or_below_a_file_is_refused(second: str) -> None:
    with pytest.raises(RemoteError, match="names 'a' twice"):
        parsed([{"md5": MD5, "relpath": "a"}, {"md5": MD5, "relpath": second}])


@pytest.mark.parametrize("md5", ["../../../../etc/passwd", "0" * 31, "0" * 32 + ".dir", None, 3])
def test_a_digest_that_is_none_is_refused(md5: object) -> None:
    with pytest.raises(RemoteError, match="impossible MD5"):
        parsed([{"md5": md5, "relpath": "a"}])


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"\xff", b"{}1", b"7", b"null", b'["a"]', b'[{"md5": 1}]', b"[" * 100_000],
)
def test_what_is_no_listing_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(RemoteError, match="lists no files"):
        parsed(content)


def test_a_cut_listing_is_damaged() -> None:
    with pytest.raises(RemoteError, match=r"listing 0{32}\.dir is damaged in s3://b.*push again"):
        parse_listing(b"[{", "0" * 32 + ".dir", "s3://b")
