"""What all tests share: no network, no telemetry, and one small Version built once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.update(
    {
        "ANONYMIZED_TELEMETRY": "false",
        "DO_NOT_TRACK": "true",
        "DVC_NO_ANALYTICS": "true",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "ORT_DISABLE_TELEMETRY": "1",
        "RAGAS_DO_NOT_TRACK": "true",
        "TOKENIZERS_PARALLELISM": "false",
    }
)

from hypothesis import settings  # noqa: E402

from pipeline.digest import folder_files  # noqa: E402
from pipeline.encoder_export import exported_encoder  # noqa: E402
from pipeline.onnx_encoder import OnnxEncoder  # noqa: E402
from pipeline.params import EncoderParams  # noqa: E402
from pipeline.section import read_section  # noqa: E402
from pipeline.version import Version  # noqa: E402
from tests.built_version import SETTINGS, build_version, write_corpus  # noqa: E402
from tests.loopback.fixture import LoopbackServer, serving  # noqa: E402
from tests.project import ROOT, Project, copy_project, make_project  # noqa: E402

settings.register_profile("winnow", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("winnow")


@pytest.fixture
def loopback() -> Iterator[LoopbackServer]:
    """A server that speaks Groq's and OpenAI's API, for each test anew."""
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that keeps exported encoders for the session."""
    return tmp_path_factory.mktemp("encoders")


@pytest.fixture(scope="session")
def encoder_folder(encoders: Path) -> Path:
    """The default encoder, exported."""
    return exported_encoder(EncoderParams.model_validate(SETTINGS["encoder"]), encoders)


@pytest.fixture(scope="session")
def encoder(encoder_folder: Path) -> OnnxEncoder:
    """The default encoder, open."""
    return OnnxEncoder.open(folder_files(encoder_folder))


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five files of five formats."""
    return write_corpus(tmp_path_factory.mktemp("corpus") / "raw")


@pytest.fixture(scope="session")
def version_folder(
    tmp_path_factory: pytest.TempPathFactory, corpus: Path, encoder_folder: Path
) -> Path:
    """The folder of a Version of the corpus; not to be changed."""
    work = tmp_path_factory.mktemp("built")
    build_version(corpus, work, encoder_folder.parent)
    return work / "version"


@pytest.fixture(scope="session")
def version(version_folder: Path) -> Version:
    """That Version, open."""
    from pipeline.version import open_version_folder

    return open_version_folder(version_folder)


@pytest.fixture(scope="session")
def default_encoders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported encoder that params.yaml names."""
    folder = tmp_path_factory.mktemp("default-encoders")
    exported_encoder(read_section(ROOT / "params.yaml", "encoder", EncoderParams), folder)
    return folder


@pytest.fixture(scope="session")
def built_project(tmp_path_factory: pytest.TempPathFactory, default_encoders: Path) -> Project:
    """A project built and committed once; tests change a copy."""
    root = tmp_path_factory.mktemp("projects") / "built"
    project = make_project(root, default_encoders)
    project.ok("winnow", "run")
    project.commit("built")
    return project


@pytest.fixture
def project(built_project: Project, tmp_path: Path) -> Project:
    """A built project of the test's own."""
    return copy_project(built_project, tmp_path / "project")
