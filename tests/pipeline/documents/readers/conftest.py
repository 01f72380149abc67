import pytest

from pipeline.params import IngestParams
from tests.support.corpus import ingest_params


@pytest.fixture
def ingest() -> IngestParams:
    return ingest_params(max_pages=5, max_unpacked_megabytes=10)
