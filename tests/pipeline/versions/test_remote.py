import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import RemoteError
from pipeline.versions.remote import RemoteAddress, RemoteObjects
from tests.support.remotes import ObjectServer, push_object, serving_objects, serving_s3

ABSENT = "0" * 32
AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    (tmp_path / "remote").mkdir()
    return tmp_path / "remote"


@pytest.fixture
def pushed(remote: Path) -> str:
    return push_object(remote, b"0123456789")


@pytest.fixture
def web(remote: Path) -> Iterator[ObjectServer]:
    with serving_objects(remote) as server:
        yield server


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with serving_s3("versions"):
        yield "s3://versions"


def opened(address: RemoteAddress | str) -> RemoteObjects:
    if isinstance(address, str):
        address = RemoteAddress(address)
    return RemoteObjects(address, attempts=3)


@pytest.mark.parametrize("kind", ["folder", "web", "s3"])
def test_an_object_that_is_not_there_is_named(
    kind: str, remote: Path, web: ObjectServer, bucket: str
) -> None:
    url = {"folder": str(remote), "web": web.url, "s3": bucket}[kind]
    for ask in (RemoteObjects.read, RemoteObjects.size):
        with pytest.raises(RemoteError, match=f"^vectors is not in {re.escape(url)}; push it"):
            ask(opened(url), ABSENT, "vectors")


def test_a_bucket_that_is_not_there_is_named(bucket: str) -> None:
    said = f"the bucket of {bucket}-2/x does not exist"
    with pytest.raises(RemoteError, match=said):
        opened(f"{bucket}-2/x").read(ABSENT, "vectors")
    with pytest.raises(RemoteError, match=said):
        opened(f"{bucket}-2/x").folder_ids("0000")


def test_parts_are_given_or_not(web: ObjectServer, pushed: str) -> None:
    remote = opened(web.url)
    assert remote.gives_ranges(pushed, "digits")
    assert remote.read_part(pushed, "digits", 2, 5) == b"234"
    web.parts = False
    assert not opened(web.url).gives_ranges(pushed, "digits")
    with pytest.raises(RemoteError, match="digits cannot .* 10 bytes came where 3 were asked for"):
        remote.read_part(pushed, "digits", 2, 5)


@pytest.mark.parametrize("wrong", [500, 503, 429, "cut"])
def test_what_passes_is_asked_for_again(wrong: int | str, web: ObjectServer, pushed: str) -> None:
    web.fault = lambda request: wrong if request.count < 2 else None
    assert opened(web.url).read(pushed, "digits") == b"0123456789"
    assert len(web.seen) == 3


def test_what_does_not_pass_is_told_after_some_attempts(web: ObjectServer, pushed: str) -> None:
    web.fault = lambda _: 503
    with pytest.raises(RemoteError, match=f"digits cannot be read from {web.url} .*503.* run the"):
        opened(web.url).read(pushed, "digits")
    assert len(web.seen) == 3


@pytest.mark.parametrize("status", [401, 403])
def test_access_that_is_denied_is_not_asked_for_again(
    status: int, web: ObjectServer, pushed: str
) -> None:
    web.fault = lambda _: status
    with pytest.raises(RemoteError, match="denies access to digits .*correct the addr") as told:
        opened(web.url.replace("//", "//ada:s3cr3t@")).read(pushed, "digits")
    assert "s3cr3t" not in str(told.value)
    assert len(web.seen) == 1


def test_a_bucket_that_denies_access_says_what_to_set(
    web: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.fault, web.body = lambda _: 403, b"<Error><Code>AccessDenied</Code></Error>"
    address = RemoteAddress("s3://private", web.url, credentials={"key": "k", "secret": "s3cr3t"})
    with pytest.raises(RemoteError, match="s3://private denies .*AWS_PROFILE, or .*--anonymous"):
        opened(address).size(ABSENT, "digits")
    for name in AWS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(RemoteError, match="s3://private denies access .*NoCredentialsError"):
        opened("s3://private").size(ABSENT, "digits")


@pytest.mark.parametrize("url", ["http://ada:s3cr3t@127.0.0.1:9/r", "s3://versions/r"])
def test_an_endpoint_that_is_away_is_named_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in AWS:
        monkeypatch.setenv(name, "s3cr3t")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    shown = url.replace("ada:s3cr3t@", "")
    with pytest.raises(RemoteError, match=f"cannot be read from {shown} .*that it is up") as told:
        opened(url).read(ABSENT, "digits")
    assert "s3cr3t" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "address is empty"),
        ("nowhere://bucket", "nowhere://bucket cannot be opened"),
        ("/no/such/folder", "/no/such/folder is no folder"),
        ("https://ada:s3cr3t@host/r?sig=s3cr3t", "https://host/r has a query"),
    ],
)
def test_an_address_that_cannot_be_opened(url: str, said: str) -> None:
    with pytest.raises(RemoteError, match=said) as told:
        opened(url)
    assert "s3cr3t" not in str(told.value)


def test_an_endpoint_goes_with_s3_alone() -> None:
    with pytest.raises(RemoteError, match="--endpoint-url"):
        RemoteAddress("https://host/r", endpoint_url="http://127.0.0.1:9")
