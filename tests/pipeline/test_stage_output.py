from pathlib import Path

import pytest

from pipeline.errors import VersionError
from pipeline.stage_output import StageOutputs
from pipeline.version import Version
from pipeline.version_store import VersionStore
from tests.stored_documents import stored_documents


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
        StageOutputs(VersionStore(tmp_path)).documents(version.manifest)


def test_an_early_manifest_that_names_none_says_so(version: Version, tmp_path: Path) -> None:
    early = version.manifest.model_copy(update={"outputs": {}})
    with pytest.raises(VersionError, match="of an early Version are not in DVC's cache"):
        StageOutputs(VersionStore(tmp_path)).documents(early)
