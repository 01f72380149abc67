import os
import shutil
from pathlib import Path

import pytest

from pipeline.answerer import open_answerer
from pipeline.errors import VersionError
from pipeline.files import hash_file
from pipeline.versions.store import VersionStore
from pipeline.versions.version import Version
from tests.pipeline.conftest import TRICKY, DvcProject
from tests.support.corpus import stored_documents


def test_documents_come_back_by_what_the_manifest_names(
    version: Version, version_folder: Path, tmp_path: Path
) -> None:
    documents = stored_documents(tmp_path, version_folder.parent).documents(version.manifest)
    assert [each.path for each in documents] == sorted(
        ["warranty.md", "garantie.html", "notes.txt", "install.pdf", "maintenance.docx"]
    )


def test_documents_that_were_never_brought_here_are_asked_for(
    version: Version, tmp_path: Path
) -> None:
    with pytest.raises(VersionError, match="dvc pull --all-commits"):
        VersionStore(tmp_path).documents(version.manifest)


def test_an_early_manifest_that_names_none_says_so(version: Version, tmp_path: Path) -> None:
    early = version.manifest.model_copy(update={"outputs": {}})
    with pytest.raises(VersionError, match="of an early Version are not in DVC's cache"):
        VersionStore(tmp_path).documents(early)


def _object(cache: Path, digest: str) -> Path:
    return cache / "files" / "md5" / digest[:2] / digest[2:]


@pytest.fixture
def cache(dvc_project: DvcProject, tmp_path: Path) -> Path:
    """A copy of DVC's cache that a test may damage."""
    shutil.copytree(dvc_project.cache, tmp_path / "cache", copy_function=os.link)
    return tmp_path / "cache"


def _replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def test_a_folder_of_dvcs_cache_is_listed_by_path(dvc_project: DvcProject) -> None:
    store = VersionStore(dvc_project.cache)
    assert store.holds(dvc_project.ids["tricky"])
    files = store.files(dvc_project.ids["tricky"])
    assert {name: path.read_text(encoding="utf-8") for name, path in files.items()} == TRICKY


def test_a_version_opens_and_answers_from_the_cache(dvc_project: DvcProject) -> None:
    version = VersionStore(dvc_project.cache).open(dvc_project.ids["version"])
    assert version.id == dvc_project.ids["version"]
    answer = open_answerer(version).answer("How long does the warranty last?")
    assert "five years" in answer.text


def test_an_absent_folder_names_its_id_and_the_fix(tmp_path: Path) -> None:
    unknown = "0" * 32 + ".dir"
    store = VersionStore(tmp_path / "no-cache")
    assert not store.holds(unknown)
    with pytest.raises(VersionError, match=rf"{unknown} is not in the cache; .*`dvc pull`"):
        store.files(unknown)


@pytest.mark.parametrize("given", ["", "abc", "../../../etc/passwd", "0" * 32, "0" * 32 + ".dir/x"])
def test_what_is_no_id_is_said_so(dvc_project: DvcProject, given: str) -> None:
    store = VersionStore(dvc_project.cache)
    assert not store.holds(given)
    with pytest.raises(VersionError, match="is no id: one has 32 hexadecimal digits and .dir"):
        store.files(given)


def test_the_hash_of_a_file_is_no_folder(dvc_project: DvcProject) -> None:
    digest = hash_file(dvc_project.root / "tricky" / "a.txt", "md5")
    assert _object(dvc_project.cache, digest).is_file()
    with pytest.raises(VersionError, match="is no id"):
        VersionStore(dvc_project.cache).files(digest)


def test_a_missing_file_is_named_by_its_path(dvc_project: DvcProject, cache: Path) -> None:
    digest = hash_file(dvc_project.root / "tricky" / "a-b" / "x", "md5")
    _object(cache, digest).unlink()
    with pytest.raises(VersionError, match=r"\.dir: a-b/x is not in the cache; .*dvc pull"):
        VersionStore(cache).files(dvc_project.ids["tricky"])


def test_a_damaged_file_is_named_with_where_it_lies(dvc_project: DvcProject, cache: Path) -> None:
    digest = hash_file(dvc_project.root / "tricky" / "a.txt", "md5")
    _replace(_object(cache, digest), b"damaged")
    with pytest.raises(VersionError, match=r"a\.txt is damaged in the cache .*remove that file"):
        VersionStore(cache).files(dvc_project.ids["tricky"])


def test_a_damaged_listing_is_named(dvc_project: DvcProject, cache: Path) -> None:
    _replace(_object(cache, dvc_project.ids["tricky"]), b"[]")
    with pytest.raises(VersionError, match=r"\.dir is damaged in the cache"):
        VersionStore(cache).files(dvc_project.ids["tricky"])


def test_another_folder_is_no_version(dvc_project: DvcProject) -> None:
    with pytest.raises(VersionError, match=r"is no Version: it lacks manifest\.json"):
        VersionStore(dvc_project.cache).open(dvc_project.ids["tricky"])
