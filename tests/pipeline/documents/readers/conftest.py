import pytest

from pipeline.params import IngestParams


@pytest.fixture
def ingest() -> IngestParams:
    return IngestParams(
        exclude=(),
        max_megabytes=10,
        max_unpacked_megabytes=10,
        max_pages=5,
        max_megapixels=1,
        near_duplicate=0.9,
        tags={},
    )
