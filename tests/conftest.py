"""What all tests share: no network, no telemetry, and one small Version built once."""

import gc
import os
import shutil
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

from pipeline.encoders.onnx_encoder import OnnxEncoder
from pipeline.export.encoder_export import exported_encoder
from pipeline.files import folder_files
from pipeline.params import EncoderParams, read_section
from pipeline.process import collect_rarely
from pipeline.versions.version import Version
from tests.loopback.fixture import LoopbackServer, serving  # noqa: E402
from tests.support.project import (  # noqa: E402
    ROOT,
    Project,
    copy_project,
    made_once,  # noqa: E402
    make_project,
)
from tests.support.versions import SETTINGS, build_version, write_corpus  # noqa: E402

settings.register_profile("winnow", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("winnow")

_SMALL = EncoderParams.model_validate(SETTINGS["encoder"])


def pytest_configure(config: pytest.Config) -> None:
    """Keep xdist from beginning with the files of many tests, which are the quick ones."""
    config.option.loadscopereorder = False
    # A worker holds a million objects that stay, which the collector would look through for ever.
    collect_rarely()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no core waits for the last of them."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    gc.freeze()


@pytest.fixture
def loopback() -> Iterator[LoopbackServer]:
    """A server that speaks Groq's and OpenAI's API, for each test anew."""
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory, default_encoders: Path) -> Path:
    """A folder that keeps exported encoders for the session, those of most tests from the start."""
    small = made_once(tmp_path_factory, "small-encoder", lambda at: exported_encoder(_SMALL, at))
    folder = tmp_path_factory.mktemp("encoders")
    for made in (small, default_encoders):
        shutil.copytree(made, folder, copy_function=os.link, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def encoder_folder(encoders: Path) -> Path:
    """The default encoder, exported."""
    return exported_encoder(_SMALL, encoders)


@pytest.fixture(scope="session")
def encoder(encoder_folder: Path) -> OnnxEncoder:
    """The default encoder, open."""
    return OnnxEncoder.open(folder_files(encoder_folder))


@pytest.fixture(scope="session")
def mlflow_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables and no experiment: making them takes seconds."""

    def make(root: Path) -> None:
        from tests.support.mlflow import client_of

        (root / ".winnow").mkdir(parents=True)
        assert client_of(root).get_experiment_by_name("winnow") is None

    return made_once(tmp_path_factory, "mlflow-tables", make) / ".winnow" / "mlflow.db"


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
    from pipeline.versions.version import open_version_folder

    return open_version_folder(version_folder)


@pytest.fixture(scope="session")
def default_encoders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported encoder that params.yaml names."""
    params = read_section(ROOT / "params.yaml", "encoder", EncoderParams)
    return made_once(tmp_path_factory, "encoders", lambda at: exported_encoder(params, at))


@pytest.fixture(scope="session")
def built_project(tmp_path_factory: pytest.TempPathFactory, default_encoders: Path) -> Project:
    """A project built and committed once; tests change a copy."""

    def make(root: Path) -> None:
        project = make_project(root, default_encoders)
        project.ok("winnow", "run")
        project.commit("built")

    return Project(made_once(tmp_path_factory, "project", make))


@pytest.fixture
def project(built_project: Project, tmp_path: Path) -> Project:
    """A built project of the test's own."""
    return copy_project(built_project, tmp_path / "project")


@pytest.fixture(scope="session")
def tried_project(tmp_path_factory: pytest.TempPathFactory, built_project: Project) -> Project:
    """The same with an experiment `tiny` beside it, of smaller chunks; not to be changed."""

    def make(root: Path) -> None:
        copy_project(built_project, root).ok(
            "winnow", "run", "--experiment", "tiny", "--set", "chunk.size=20"
        )

    return Project(made_once(tmp_path_factory, "tried-project", make))
