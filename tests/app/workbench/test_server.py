"""Server: a port that is in use is one clear line."""

import socket

import pytest

from app.workbench.server import launch
from pipeline.errors import PrerequisiteError
from tests.app.workbench.sample_library import sample_library


def test_a_port_in_use_names_the_port_and_the_option() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PrerequisiteError, match=rf"127\.0\.0\.1:{port}.*`--port") as caught:
            launch(sample_library(), "127.0.0.1", port)
    assert "\n" not in str(caught.value)


def test_a_host_that_is_not_of_this_machine_is_said() -> None:
    with pytest.raises(PrerequisiteError, match=r"192\.0\.2\.1"):
        launch(sample_library(), "192.0.2.1", 7860)
