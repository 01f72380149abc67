"""No network, no telemetry, and the same shared Versions as in the tests."""

from tests.conftest import *  # noqa: F403
